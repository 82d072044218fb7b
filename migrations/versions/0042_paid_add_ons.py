"""what add-ons cost at Stripe, and which of them a subscription pays for"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "billing_add_on_prices",
        sa.Column("lookup_key", sa.String(length=200), nullable=False),
        sa.Column("stripe_price_id", sa.String(length=100), nullable=False),
        sa.Column("add_on", sa.String(length=50), nullable=False),
        sa.Column(
            "catalogue_version_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["catalogue_version_id"],
            ["plan_versions.id"],
            name=op.f("fk_billing_add_on_prices_catalogue_version_id_plan_versions"),
        ),
        sa.PrimaryKeyConstraint("lookup_key", name=op.f("pk_billing_add_on_prices")),
        sa.UniqueConstraint("stripe_price_id", name=op.f("uq_billing_add_on_prices_stripe_price_id")),
    )
    with op.batch_alter_table("billing_subscriptions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("add_ons", JSON, nullable=False, server_default="{}"))
        batch_op.add_column(sa.Column("next_add_ons", JSON, nullable=True))
    with op.batch_alter_table("billing_subscriptions", schema=None) as batch_op:
        batch_op.alter_column("add_ons", server_default=None)
    with op.batch_alter_table("billing_changes", schema=None) as batch_op:
        batch_op.add_column(sa.Column("add_on", sa.String(length=50), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("billing_changes", schema=None) as batch_op:
        batch_op.drop_column("add_on")
    with op.batch_alter_table("billing_subscriptions", schema=None) as batch_op:
        batch_op.drop_column("next_add_ons")
        batch_op.drop_column("add_ons")
    op.drop_table("billing_add_on_prices")
