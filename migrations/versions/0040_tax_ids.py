"""tax ids of accounts"""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "billing_tax_ids",
        sa.Column("stripe_tax_id", sa.String(length=100), nullable=False),
        sa.Column("account_id", BIG_ID, nullable=False),
        sa.Column("type", sa.String(length=20), nullable=False),
        sa.Column("value", sa.String(length=50), nullable=False),
        sa.Column("verification", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_billing_tax_ids_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint("stripe_tax_id", name=op.f("pk_billing_tax_ids")),
    )
    op.create_index(op.f("ix_billing_tax_ids_account_id"), "billing_tax_ids", ["account_id"])


def downgrade() -> None:
    op.drop_table("billing_tax_ids")
