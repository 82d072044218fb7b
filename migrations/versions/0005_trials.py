"""trials: ledger, rules, reminders"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

BigId = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
Moment = sa.DateTime(timezone=True)
OPEN = sa.text("closed_at IS NULL")
ACTIVE = sa.text("status = 'active'")

NEWEST = "SELECT max(id) FROM trials WHERE started_at IS NOT NULL GROUP BY account_id"
RULE = """
    SELECT coalesce(
        (SELECT max(id) FROM plan_versions v WHERE v.key = 'catalogue' AND v.published_at <= trials.started_at),
        (SELECT min(id) FROM plan_versions v WHERE v.key = 'catalogue'))
"""


def upgrade() -> None:
    with op.batch_alter_table("account_plans") as batch_op:
        batch_op.add_column(sa.Column("access", sa.String(length=20), nullable=False, server_default="full"))
    with op.batch_alter_table("account_plans") as batch_op:
        batch_op.alter_column("access", server_default=None)
    _upgrade_trials()
    _upgrade_ledger()


def _upgrade_trials() -> None:
    op.drop_index("ix_trials_due", table_name="trials")
    with op.batch_alter_table("trials") as batch_op:
        batch_op.drop_constraint("uq_trials_account_id", type_="unique")
        batch_op.add_column(sa.Column("rule_id", BigId, nullable=True))
        batch_op.add_column(sa.Column("requested_at", Moment, nullable=True))
        batch_op.add_column(sa.Column("due_at", Moment, nullable=True))
        batch_op.add_column(sa.Column("remind_at", Moment, nullable=True))
        batch_op.add_column(sa.Column("reminded", Json, nullable=False, server_default=sa.text("'{}'")))
        batch_op.add_column(sa.Column("card", sa.String(length=40), nullable=True))
        batch_op.add_column(sa.Column("stays", sa.Boolean(), nullable=False, server_default=sa.true()))
        batch_op.alter_column("started_at", existing_type=Moment, nullable=True)
        batch_op.alter_column("ends_at", existing_type=Moment, nullable=True)
    op.execute(f"UPDATE trials SET requested_at = started_at, rule_id = ({RULE})")
    op.execute("UPDATE trials SET due_at = ends_at WHERE status = 'active'")
    op.execute("UPDATE trials SET closed_at = ends_at WHERE status <> 'active' AND closed_at IS NULL")
    with op.batch_alter_table("trials") as batch_op:
        batch_op.alter_column("rule_id", existing_type=BigId, nullable=False)
        batch_op.alter_column("requested_at", existing_type=Moment, nullable=False)
        batch_op.alter_column("reminded", existing_type=Json, server_default=None)
        batch_op.alter_column("stays", existing_type=sa.Boolean(), server_default=None)
        batch_op.create_foreign_key(
            batch_op.f("fk_trials_rule_id_plan_versions"), "plan_versions", ["rule_id"], ["id"]
        )
    op.create_index("ix_trials_account_id", "trials", ["account_id"])
    op.create_index("ix_trials_due_at", "trials", ["due_at"])
    op.create_index("ix_trials_remind_at", "trials", ["remind_at"])
    op.create_index("ix_trials_status", "trials", ["status", "id"])
    op.create_index(
        "uq_trials_open", "trials", ["account_id"], unique=True, sqlite_where=OPEN, postgresql_where=OPEN
    )


def _upgrade_ledger() -> None:
    with op.batch_alter_table("trial_grants") as batch_op:
        batch_op.alter_column("granted_at", new_column_name="at", existing_type=Moment)
        batch_op.add_column(
            sa.Column("kind", sa.String(length=20), nullable=False, server_default="extension")
        )
        batch_op.add_column(sa.Column("rule", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("cause", sa.String(length=250), nullable=True))
        batch_op.add_column(sa.Column("event_id", sa.String(length=200), nullable=True))
        batch_op.add_column(sa.Column("reverses_id", BigId, nullable=True))
    op.execute(
        "UPDATE trial_grants SET kind = 'grant'"
        " WHERE id IN (SELECT min(id) FROM trial_grants GROUP BY trial_id)"
    )
    with op.batch_alter_table("trial_grants") as batch_op:
        batch_op.alter_column("kind", existing_type=sa.String(length=20), server_default=None)
        batch_op.create_unique_constraint(batch_op.f("uq_trial_grants_trial_id_cause"), ["trial_id", "cause"])
        batch_op.create_unique_constraint(batch_op.f("uq_trial_grants_reverses_id"), ["reverses_id"])
        batch_op.create_foreign_key(
            batch_op.f("fk_trial_grants_reverses_id_trial_grants"), "trial_grants", ["reverses_id"], ["id"]
        )


def downgrade() -> None:
    """Of an account's trials that began the newest stays; what only this version knows becomes what is nearest."""
    _downgrade_ledger()
    _downgrade_trials()
    with op.batch_alter_table("account_plans") as batch_op:
        batch_op.drop_column("access")


def _downgrade_ledger() -> None:
    with op.batch_alter_table("trial_grants") as batch_op:
        batch_op.drop_constraint("fk_trial_grants_reverses_id_trial_grants", type_="foreignkey")
        batch_op.drop_constraint("uq_trial_grants_reverses_id", type_="unique")
        batch_op.drop_constraint("uq_trial_grants_trial_id_cause", type_="unique")
    op.execute(f"DELETE FROM trial_grants WHERE days = 0 OR trial_id NOT IN ({NEWEST})")
    with op.batch_alter_table("trial_grants") as batch_op:
        for column in ("reverses_id", "event_id", "cause", "rule", "kind"):
            batch_op.drop_column(column)
        batch_op.alter_column("at", new_column_name="granted_at", existing_type=Moment)


def _downgrade_trials() -> None:
    for index in ("uq_trials_open", "ix_trials_status", "ix_trials_remind_at", "ix_trials_due_at"):
        op.drop_index(index, table_name="trials")
    op.drop_index("ix_trials_account_id", table_name="trials")
    op.execute(f"DELETE FROM trials WHERE id NOT IN ({NEWEST})")
    op.execute("UPDATE trials SET status = 'ended' WHERE status = 'cancelled'")
    op.execute(
        "UPDATE trials SET ends_at = coalesce(ends_at, due_at, started_at), status = 'active'"
        " WHERE status IN ('paused', 'grace', 'converting')"
    )
    op.execute("UPDATE trials SET ends_at = started_at WHERE ends_at IS NULL")
    with op.batch_alter_table("trials") as batch_op:
        batch_op.drop_constraint("fk_trials_rule_id_plan_versions", type_="foreignkey")
        for column in ("stays", "card", "reminded", "remind_at", "due_at", "requested_at", "rule_id"):
            batch_op.drop_column(column)
        batch_op.alter_column("ends_at", existing_type=Moment, nullable=False)
        batch_op.alter_column("started_at", existing_type=Moment, nullable=False)
        batch_op.create_unique_constraint(batch_op.f("uq_trials_account_id"), ["account_id"])
    op.create_index(
        "ix_trials_due", "trials", ["ends_at"], unique=False, sqlite_where=ACTIVE, postgresql_where=ACTIVE
    )
