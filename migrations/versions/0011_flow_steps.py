"""flows: steps that are done in parts, that some are not shown, and that are rewarded"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    _add("flow_counted_events", sa.Column("parts", JSON, nullable=False, server_default="[0]"))
    _add("flow_enrolments", sa.Column("revealed", JSON, nullable=False, server_default="{}"))
    op.create_table(
        "flow_rewards",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("enrolment_id", BIG_ID, nullable=False),
        sa.Column("step_key", sa.String(length=64), nullable=False),
        sa.Column("person_id", BIG_ID, nullable=True),
        sa.Column("account_id", BIG_ID, nullable=True),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("trial_days", sa.Integer(), nullable=False),
        sa.Column("no_days", sa.String(length=20), nullable=True),
        sa.Column("given_at", TIME, nullable=False),
        sa.Column("reversed_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["enrolment_id"],
            ["flow_enrolments.id"],
            name=op.f("fk_flow_rewards_enrolment_id_flow_enrolments"),
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_flow_rewards_person_id_people")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_flow_rewards_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_flow_rewards")),
    )
    with op.batch_alter_table("flow_rewards", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_flow_rewards_person_id"), ["person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_flow_rewards_account_id"), ["account_id"], unique=False)
        batch_op.create_index(
            "uq_flow_rewards_in_force",
            ["enrolment_id", "step_key"],
            unique=True,
            sqlite_where=sa.text("reversed_at IS NULL"),
            postgresql_where=sa.text("reversed_at IS NULL"),
        )


def _add(table: str, column: sa.Column) -> None:
    """A column that the rows which are there need a value for, and new ones get from the app."""
    with op.batch_alter_table(table, schema=None) as batch_op:
        batch_op.add_column(column)
    with op.batch_alter_table(table, schema=None) as batch_op:
        batch_op.alter_column(column.name, existing_type=column.type, server_default=None)


def downgrade() -> None:
    op.drop_table("flow_rewards")
    with op.batch_alter_table("flow_enrolments", schema=None) as batch_op:
        batch_op.drop_column("revealed")
    with op.batch_alter_table("flow_counted_events", schema=None) as batch_op:
        batch_op.drop_column("parts")
