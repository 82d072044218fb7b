"""refunds and disputes"""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    with op.batch_alter_table("billing_invoices", schema=None) as batch_op:
        batch_op.add_column(sa.Column("amount_refunded", sa.Integer(), nullable=False, server_default="0"))
    with op.batch_alter_table("billing_invoices", schema=None) as batch_op:
        batch_op.alter_column("amount_refunded", server_default=None)
    _refunds()
    _disputes()


def _refunds() -> None:
    op.create_table(
        "billing_refunds",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("public_id", sa.String(length=40), nullable=False),
        sa.Column("account_id", BIG_ID, nullable=False),
        sa.Column("stripe_invoice_id", sa.String(length=100), nullable=False),
        sa.Column("stripe_refund_id", sa.String(length=100), nullable=True),
        sa.Column("stripe_credit_note_id", sa.String(length=100), nullable=True),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("reason", sa.String(length=50), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("made_by", sa.String(length=100), nullable=False),
        sa.Column("status", sa.String(length=30), nullable=False),
        sa.Column("why", sa.String(length=200), nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("due_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_billing_refunds_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_billing_refunds")),
        sa.UniqueConstraint("public_id", name=op.f("uq_billing_refunds_public_id")),
        sa.UniqueConstraint("stripe_refund_id", name=op.f("uq_billing_refunds_stripe_refund_id")),
    )
    for name in ("account_id", "stripe_invoice_id", "due_at"):
        op.create_index(op.f(f"ix_billing_refunds_{name}"), "billing_refunds", [name])


def _disputes() -> None:
    op.create_table(
        "billing_disputes",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("stripe_dispute_id", sa.String(length=100), nullable=False),
        sa.Column("account_id", BIG_ID, nullable=False),
        sa.Column("stripe_invoice_id", sa.String(length=100), nullable=False),
        sa.Column("stripe_subscription_id", sa.String(length=100), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("reason", sa.String(length=50), nullable=False),
        sa.Column("status", sa.String(length=30), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("due_at", TIME, nullable=True),
        sa.Column("closed_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_billing_disputes_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_billing_disputes")),
        sa.UniqueConstraint("stripe_dispute_id", name=op.f("uq_billing_disputes_stripe_dispute_id")),
    )
    for name in ("account_id", "stripe_invoice_id", "stripe_subscription_id"):
        op.create_index(op.f(f"ix_billing_disputes_{name}"), "billing_disputes", [name])


def downgrade() -> None:
    op.drop_table("billing_disputes")
    op.drop_table("billing_refunds")
    with op.batch_alter_table("billing_invoices", schema=None) as batch_op:
        batch_op.drop_column("amount_refunded")
