"""what certificates give a workspace, and discounts that are applied to its next checkout"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
TIME = sa.DateTime(timezone=True)
IN_FORCE = sa.text("reversed_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "certificate_rewards",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("chain", sa.String(length=20), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("reward", JSON, nullable=False),
        sa.Column("account_id", BIG_ID, nullable=False),
        sa.Column("given_at", TIME, nullable=False),
        sa.Column("reversed_at", TIME, nullable=True),
        sa.Column("note", sa.String(length=100), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_certificate_rewards_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificate_rewards")),
    )
    op.create_index(op.f("ix_certificate_rewards_account_id"), "certificate_rewards", ["account_id"])
    op.create_index(
        "uq_certificate_rewards_in_force",
        "certificate_rewards",
        ["chain", "key"],
        unique=True,
        sqlite_where=IN_FORCE,
        postgresql_where=IN_FORCE,
    )
    op.create_table(
        "billing_discounts",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("account_id", BIG_ID, nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("percent_off", sa.Integer(), nullable=True),
        sa.Column("amount_off", sa.Integer(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("months", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("given_by", sa.String(length=100), nullable=False),
        sa.Column("given_at", TIME, nullable=False),
        sa.Column("used_at", TIME, nullable=True),
        sa.Column("ended_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_billing_discounts_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_billing_discounts")),
        sa.UniqueConstraint("account_id", "key", name=op.f("uq_billing_discounts_account_id_key")),
    )
    with op.batch_alter_table("billing_checkouts") as table:
        table.add_column(sa.Column("discount_id", BIG_ID, nullable=True))
        table.create_foreign_key(
            op.f("fk_billing_checkouts_discount_id_billing_discounts"),
            "billing_discounts",
            ["discount_id"],
            ["id"],
        )


def downgrade() -> None:
    with op.batch_alter_table("billing_checkouts") as table:
        table.drop_constraint(op.f("fk_billing_checkouts_discount_id_billing_discounts"), type_="foreignkey")
        table.drop_column("discount_id")
    op.drop_table("billing_discounts")
    op.drop_table("certificate_rewards")
