"""changes of what is paid for: seats, changes with their price, pauses, access that ends by itself, invoices"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)
ASKED = sa.text("status = 'asked'")
NEW_COLUMNS = (
    ("stripe_schedule_id", sa.String(length=100)),
    ("next_stripe_price_id", sa.String(length=100)),
    ("next_quantity", sa.Integer()),
    ("next_at", TIME),
    ("paused_from", TIME),
    ("resumes_at", TIME),
    ("access_until", TIME),
)


def upgrade() -> None:
    _subscriptions()
    _invoices()
    _changes()


def _subscriptions() -> None:
    with op.batch_alter_table("billing_subscriptions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("quantity", sa.Integer(), nullable=False, server_default="1"))
        batch_op.add_column(sa.Column("has_access", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column("refused_resumes", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("was_saved", sa.Boolean(), nullable=False, server_default=sa.false()))
        for name, kind in NEW_COLUMNS:
            batch_op.add_column(sa.Column(name, kind, nullable=True))
        batch_op.create_index(batch_op.f("ix_billing_subscriptions_access_until"), ["access_until"])
    running = "status IN ('trialing', 'active', 'past_due')"
    op.execute(sa.text(f"UPDATE billing_subscriptions SET has_access = true WHERE {running}"))
    with op.batch_alter_table("billing_subscriptions", schema=None) as batch_op:
        batch_op.alter_column("quantity", server_default=None)
        batch_op.alter_column("has_access", server_default=None)
        batch_op.alter_column("was_saved", server_default=None)
        batch_op.alter_column("refused_resumes", server_default=None)


def _invoices() -> None:
    op.create_table(
        "billing_invoices",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("stripe_invoice_id", sa.String(length=100), nullable=False),
        sa.Column("account_id", BIG_ID, nullable=False),
        sa.Column("stripe_subscription_id", sa.String(length=100), nullable=False),
        sa.Column("number", sa.String(length=100), nullable=True),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("amount_due", sa.Integer(), nullable=False),
        sa.Column("amount_paid", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_billing_invoices_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_billing_invoices")),
        sa.UniqueConstraint("stripe_invoice_id", name=op.f("uq_billing_invoices_stripe_invoice_id")),
    )
    for name in ("account_id", "stripe_subscription_id"):
        op.create_index(op.f(f"ix_billing_invoices_{name}"), "billing_invoices", [name])


def _changes() -> None:
    op.create_table(
        "billing_changes",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("public_id", sa.String(length=40), nullable=False),
        sa.Column("account_id", BIG_ID, nullable=False),
        sa.Column("person_id", BIG_ID, nullable=True),
        sa.Column("stripe_subscription_id", sa.String(length=100), nullable=False),
        sa.Column("takes_effect", sa.String(length=10), nullable=False),
        sa.Column("plan_version_id", BIG_ID, nullable=False),
        sa.Column("from_stripe_price_id", sa.String(length=100), nullable=False),
        sa.Column("from_quantity", sa.Integer(), nullable=False),
        sa.Column("stripe_price_id", sa.String(length=100), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("interval", sa.String(length=10), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("amount_due", sa.Integer(), nullable=False),
        sa.Column("proration_date", TIME, nullable=False),
        sa.Column("effective_at", TIME, nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=100), nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("due_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_billing_changes_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_billing_changes_person_id_people")
        ),
        sa.ForeignKeyConstraint(
            ["plan_version_id"],
            ["plan_versions.id"],
            name=op.f("fk_billing_changes_plan_version_id_plan_versions"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_billing_changes")),
        sa.UniqueConstraint("public_id", name=op.f("uq_billing_changes_public_id")),
    )
    for name in ("account_id", "person_id", "due_at"):
        op.create_index(op.f(f"ix_billing_changes_{name}"), "billing_changes", [name])
    op.create_index(
        "uq_billing_changes_asked",
        "billing_changes",
        ["account_id"],
        unique=True,
        sqlite_where=ASKED,
        postgresql_where=ASKED,
    )


def downgrade() -> None:
    op.drop_table("billing_changes")
    op.drop_table("billing_invoices")
    with op.batch_alter_table("billing_subscriptions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_billing_subscriptions_access_until"))
        for name in (
            "quantity",
            "has_access",
            "was_saved",
            "refused_resumes",
            *(name for name, _ in NEW_COLUMNS),
        ):
            batch_op.drop_column(name)
