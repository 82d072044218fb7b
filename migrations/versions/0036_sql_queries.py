"""who asked what by SQL"""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "sql_queries",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("actor", sa.String(length=100), nullable=False),
        sa.Column("sql", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("milliseconds", sa.Integer(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sql_queries")),
    )
    op.create_index(op.f("ix_sql_queries_actor"), "sql_queries", ["actor"])
    op.create_index(op.f("ix_sql_queries_asked_at"), "sql_queries", ["asked_at"])


def downgrade() -> None:
    op.drop_table("sql_queries")
