"""use reported to Stripe's meters, and its prices"""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    with op.batch_alter_table("billing_subscriptions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("fit_at", TIME, nullable=True))
        batch_op.create_index(batch_op.f("ix_billing_subscriptions_fit_at"), ["fit_at"])
    _prices_and_meters()
    _reports()


def _prices_and_meters() -> None:
    op.create_table(
        "billing_use_prices",
        sa.Column("lookup_key", sa.String(length=200), nullable=False),
        sa.Column("stripe_price_id", sa.String(length=100), nullable=False),
        sa.PrimaryKeyConstraint("lookup_key", name=op.f("pk_billing_use_prices")),
        sa.UniqueConstraint("stripe_price_id", name=op.f("uq_billing_use_prices_stripe_price_id")),
    )
    op.create_table(
        "billing_meters",
        sa.Column("feature", sa.String(length=50), nullable=False),
        sa.Column("stripe_meter_id", sa.String(length=100), nullable=False),
        sa.Column("event_name", sa.String(length=100), nullable=False),
        sa.PrimaryKeyConstraint("feature", name=op.f("pk_billing_meters")),
        sa.UniqueConstraint("stripe_meter_id", name=op.f("uq_billing_meters_stripe_meter_id")),
    )


def _reports() -> None:
    op.create_table(
        "billing_use_reports",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("public_id", sa.String(length=40), nullable=False),
        sa.Column("account_id", BIG_ID, nullable=False),
        sa.Column("plan_version_id", BIG_ID, nullable=False),
        sa.Column("stripe_customer_id", sa.String(length=100), nullable=False),
        sa.Column("feature", sa.String(length=50), nullable=False),
        sa.Column("period", sa.String(length=10), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("why", sa.String(length=200), nullable=True),
        sa.Column("happened_at", TIME, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("sent_at", TIME, nullable=True),
        sa.Column("due_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_billing_use_reports_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["plan_version_id"],
            ["plan_versions.id"],
            name=op.f("fk_billing_use_reports_plan_version_id_plan_versions"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_billing_use_reports")),
        sa.UniqueConstraint("public_id", name=op.f("uq_billing_use_reports_public_id")),
    )
    op.create_index(
        "ix_billing_use_reports_period", "billing_use_reports", ["account_id", "feature", "period"]
    )
    op.create_index(op.f("ix_billing_use_reports_due_at"), "billing_use_reports", ["due_at"])


def downgrade() -> None:
    op.drop_table("billing_use_reports")
    op.drop_table("billing_meters")
    op.drop_table("billing_use_prices")
    with op.batch_alter_table("billing_subscriptions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_billing_subscriptions_fit_at"))
        batch_op.drop_column("fit_at")
