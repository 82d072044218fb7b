"""cards: set up before the trial, charged after it; rate limits that all processes count"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "rate_counts",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("hits", sa.Integer(), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_rate_counts")),
    )
    with op.batch_alter_table("rate_counts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_rate_counts_ends_at"), ["ends_at"], unique=False)

    op.create_table(
        "billing_cards",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("account_id", BIG_ID, nullable=False),
        sa.Column("stripe_customer_id", sa.String(length=100), nullable=False),
        sa.Column("stripe_payment_method_id", sa.String(length=100), nullable=False),
        sa.Column("brand", sa.String(length=30), nullable=False),
        sa.Column("last4", sa.String(length=4), nullable=False),
        sa.Column("exp_month", sa.Integer(), nullable=False),
        sa.Column("exp_year", sa.Integer(), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=True),
        sa.Column("stored_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_billing_cards_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_billing_cards")),
        sa.UniqueConstraint(
            "stripe_payment_method_id", name=op.f("uq_billing_cards_stripe_payment_method_id")
        ),
    )
    with op.batch_alter_table("billing_cards", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_billing_cards_account_id"), ["account_id"], unique=False)

    op.create_table(
        "billing_charges",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("public_id", sa.String(length=40), nullable=False),
        sa.Column("event_id", sa.String(length=200), nullable=False),
        sa.Column("account_id", BIG_ID, nullable=False),
        sa.Column("plan_key", sa.String(length=50), nullable=False),
        sa.Column("interval", sa.String(length=10), nullable=True),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=100), nullable=True),
        sa.Column("stripe_customer_id", sa.String(length=100), nullable=True),
        sa.Column("stripe_price_id", sa.String(length=100), nullable=True),
        sa.Column("stripe_subscription_id", sa.String(length=100), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease", sa.String(length=40), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_billing_charges_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_billing_charges")),
        sa.UniqueConstraint("event_id", name=op.f("uq_billing_charges_event_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_billing_charges_public_id")),
    )
    with op.batch_alter_table("billing_charges", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_billing_charges_account_id"), ["account_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_billing_charges_due_at"), ["due_at"], unique=False)

    purpose = sa.Column("purpose", sa.String(length=20), nullable=False, server_default="subscription")
    with op.batch_alter_table("billing_checkouts", schema=None) as batch_op:
        batch_op.add_column(purpose)
        batch_op.alter_column("plan_version_id", existing_type=BIG_ID, nullable=True)
        batch_op.alter_column("stripe_price_id", existing_type=sa.String(length=100), nullable=True)
    with op.batch_alter_table("billing_checkouts", schema=None) as batch_op:
        batch_op.alter_column("purpose", existing_type=sa.String(length=20), server_default=None)


def downgrade() -> None:
    op.execute("DELETE FROM billing_checkouts WHERE purpose <> 'subscription'")
    with op.batch_alter_table("billing_checkouts", schema=None) as batch_op:
        batch_op.alter_column("stripe_price_id", existing_type=sa.String(length=100), nullable=False)
        batch_op.alter_column("plan_version_id", existing_type=BIG_ID, nullable=False)
        batch_op.drop_column("purpose")
    op.drop_table("billing_charges")
    op.drop_table("billing_cards")
    op.drop_table("rate_counts")
