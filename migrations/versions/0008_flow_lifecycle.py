"""flows: steps that are skipped and reset, drafts, and moving people from one version to another"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    _add("flow_enrolments", sa.Column("reopened", sa.Integer(), nullable=False, server_default="0"))
    _add("flow_enrolments", sa.Column("counts_from", JSON, nullable=False, server_default="{}"))
    _add(
        "flow_step_completions", sa.Column("skipped", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    with op.batch_alter_table("flow_step_completions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("actor", sa.String(length=100), nullable=True))
    op.create_table(
        "flow_drafts",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("definition", JSON, nullable=False),
        sa.Column("saved_at", TIME, nullable=False),
        sa.Column("saved_by", sa.String(length=100), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_flow_drafts")),
    )
    _create_migrations()


def _create_migrations() -> None:
    versions = [
        sa.ForeignKeyConstraint(
            [column], ["flow_versions.id"], name=op.f(f"fk_flow_migrations_{column}_flow_versions")
        )
        for column in ("from_version_id", "to_version_id")
    ]
    op.create_table(
        "flow_migrations",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("public_id", sa.String(length=40), nullable=False),
        sa.Column("flow_key", sa.String(length=64), nullable=False),
        sa.Column("from_version_id", BIG_ID, nullable=False),
        sa.Column("to_version_id", BIG_ID, nullable=False),
        sa.Column("mapping", JSON, nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("moved", sa.BigInteger(), nullable=False),
        sa.Column("moved_to", sa.BigInteger(), nullable=False),
        sa.Column("caught_up_to", sa.BigInteger(), nullable=False),
        sa.Column("started_at", TIME, nullable=False),
        sa.Column("started_by", sa.String(length=100), nullable=False),
        sa.Column("finished_at", TIME, nullable=True),
        *versions,
        sa.PrimaryKeyConstraint("id", name=op.f("pk_flow_migrations")),
        sa.UniqueConstraint("public_id", name=op.f("uq_flow_migrations_public_id")),
    )
    with op.batch_alter_table("flow_migrations", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_flow_migrations_flow_key"), ["flow_key"], unique=False)
        batch_op.create_index(batch_op.f("ix_flow_migrations_finished_at"), ["finished_at"], unique=False)


def _add(table: str, column: sa.Column) -> None:
    """A column that the rows which are there need a value for, and new ones get from the app."""
    with op.batch_alter_table(table, schema=None) as batch_op:
        batch_op.add_column(column)
    with op.batch_alter_table(table, schema=None) as batch_op:
        batch_op.alter_column(column.name, existing_type=column.type, server_default=None)


def downgrade() -> None:
    op.drop_table("flow_migrations")
    op.drop_table("flow_drafts")
    op.execute("DELETE FROM flow_step_completions WHERE skipped")
    with op.batch_alter_table("flow_step_completions", schema=None) as batch_op:
        batch_op.drop_column("actor")
        batch_op.drop_column("skipped")
    with op.batch_alter_table("flow_enrolments", schema=None) as batch_op:
        batch_op.drop_column("counts_from")
        batch_op.drop_column("reopened")
