"""meters, reservations, grants, add-ons and billing days"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)
MILLION = 1_000_000


def upgrade() -> None:
    with op.batch_alter_table("account_plans") as table:
        table.add_column(sa.Column("anchor_day", sa.Integer(), nullable=True))
    _add_ons()
    _counters()
    _meters()
    _reservations()
    _grants()


def _add_ons() -> None:
    op.create_table(
        "account_add_ons",
        sa.Column("account_id", BIG_ID, nullable=False),
        sa.Column("add_on", sa.String(length=50), nullable=False),
        sa.Column("catalogue_version_id", BIG_ID, nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("since", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_account_add_ons_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["catalogue_version_id"],
            ["plan_versions.id"],
            name=op.f("fk_account_add_ons_catalogue_version_id_plan_versions"),
        ),
        sa.PrimaryKeyConstraint("account_id", "add_on", name=op.f("pk_account_add_ons")),
    )


def _counters() -> None:
    """Counters are a reading of the log: the meters count it anew, in millionths."""
    op.drop_table("usage_counters")
    op.create_table(
        "usage_counters",
        sa.Column("account_id", BIG_ID, nullable=False),
        sa.Column("feature", sa.String(length=50), nullable=False),
        sa.Column("period", sa.String(length=10), nullable=False),
        sa.Column("part", sa.String(length=100), nullable=False),
        sa.Column("used", sa.BigInteger(), nullable=False),
        sa.Column("held", sa.BigInteger(), nullable=False),
        sa.Column("events", sa.BigInteger(), nullable=False),
        sa.Column("last_at", TIME, nullable=True),
        sa.Column("last_position", sa.BigInteger(), nullable=False),
        sa.Column("allowance", sa.BigInteger(), nullable=True),
        sa.Column("ends_at", TIME, nullable=True),
        sa.Column("updated_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_usage_counters_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint("account_id", "feature", "period", "part", name=op.f("pk_usage_counters")),
    )


def _meters() -> None:
    op.create_table(
        "usage_meters",
        sa.Column("feature", sa.String(length=50), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("since_tx", sa.BigInteger(), nullable=False),
        sa.Column("since_position", sa.BigInteger(), nullable=False),
        sa.Column("upto_tx", sa.BigInteger(), nullable=False),
        sa.Column("upto_position", sa.BigInteger(), nullable=False),
        sa.Column("filled_tx", sa.BigInteger(), nullable=False),
        sa.Column("filled_position", sa.BigInteger(), nullable=False),
        sa.Column("due_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("feature", name=op.f("pk_usage_meters")),
    )
    op.create_index(op.f("ix_usage_meters_due_at"), "usage_meters", ["due_at"])
    op.create_table(
        "usage_values",
        sa.Column("account_id", BIG_ID, nullable=False),
        sa.Column("feature", sa.String(length=50), nullable=False),
        sa.Column("period", sa.String(length=10), nullable=False),
        sa.Column("part", sa.String(length=100), nullable=False),
        sa.Column("value", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_usage_values_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint(
            "account_id", "feature", "period", "part", "value", name=op.f("pk_usage_values")
        ),
    )
    op.create_table(
        "usage_cancelled_events",
        sa.Column("event_id", sa.String(length=200), nullable=False),
        sa.Column("cancelled_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_usage_cancelled_events")),
    )


def _reservations() -> None:
    op.create_table(
        "usage_reservations",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("public_id", sa.String(length=40), nullable=False),
        sa.Column("account_id", BIG_ID, nullable=False),
        sa.Column("feature", sa.String(length=50), nullable=False),
        sa.Column("period", sa.String(length=10), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("confirmed", sa.BigInteger(), nullable=True),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("created_by", sa.String(length=100), nullable=False),
        sa.Column("due_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_usage_reservations_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_usage_reservations")),
        sa.UniqueConstraint("public_id", name=op.f("uq_usage_reservations_public_id")),
    )
    op.create_index(op.f("ix_usage_reservations_account_id"), "usage_reservations", ["account_id"])
    op.create_index(op.f("ix_usage_reservations_due_at"), "usage_reservations", ["due_at"])


def _grants() -> None:
    op.create_table(
        "usage_grants",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("account_id", BIG_ID, nullable=False),
        sa.Column("feature", sa.String(length=50), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("effective_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=True),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=True),
        sa.Column("voids_id", BIG_ID, nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("created_by", sa.String(length=100), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_usage_grants_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["voids_id"], ["usage_grants.id"], name=op.f("fk_usage_grants_voids_id_usage_grants")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_usage_grants")),
        sa.UniqueConstraint("voids_id", name=op.f("uq_usage_grants_voids_id")),
    )
    op.create_index(op.f("ix_usage_grants_account_id"), "usage_grants", ["account_id"])
    op.create_index(
        "uq_usage_grants_account_id_feature_key",
        "usage_grants",
        ["account_id", "feature", "key"],
        unique=True,
        sqlite_where=sa.text("key IS NOT NULL"),
        postgresql_where=sa.text("key IS NOT NULL"),
    )


def downgrade() -> None:
    for table in (
        "usage_grants",
        "usage_reservations",
        "usage_cancelled_events",
        "usage_values",
        "usage_meters",
    ):
        op.drop_table(table)
    _counters_as_before()
    op.drop_table("account_add_ons")
    with op.batch_alter_table("account_plans") as table:
        table.drop_column("anchor_day")


def _counters_as_before() -> None:
    """Whole numbers of those that were never divided."""
    op.create_table(
        "usage_counters_before",
        sa.Column("account_id", BIG_ID, nullable=False),
        sa.Column("feature", sa.String(length=50), nullable=False),
        sa.Column("period", sa.String(length=10), nullable=False),
        sa.Column("used", sa.BigInteger(), nullable=False),
        sa.Column("held", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_usage_counters_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint("account_id", "feature", "period", name=op.f("pk_usage_counters_before")),
    )
    op.execute(
        "INSERT INTO usage_counters_before SELECT account_id, feature, period,"
        f" used / {MILLION}, 0, updated_at FROM usage_counters WHERE part = ''"
    )
    op.drop_table("usage_counters")
    op.rename_table("usage_counters_before", "usage_counters")
