"""courses that staff write in pages: drafts, their files, and who changed what"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("course_versions", sa.Column("source", JSON, nullable=True))
    op.create_table(
        "course_drafts",
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("files", JSON, nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("saved_at", TIME, nullable=False),
        sa.Column("saved_by", sa.String(length=100), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_course_drafts")),
    )
    op.create_table(
        "course_changes",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("what", sa.String(length=20), nullable=False),
        sa.Column("about", JSON, nullable=False),
        sa.Column("by", sa.String(length=100), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_course_changes")),
    )
    op.create_index(op.f("ix_course_changes_key"), "course_changes", ["key"])


def downgrade() -> None:
    op.drop_index(op.f("ix_course_changes_key"), table_name="course_changes")
    op.drop_table("course_changes")
    op.drop_table("course_drafts")
    op.drop_column("course_versions", "source")
