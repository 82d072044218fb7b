"""receipts of what a trial was worth"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "receipt_versions",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("definition", JSON, nullable=False),
        sa.Column("published_at", TIME, nullable=False),
        sa.Column("published_by", sa.String(length=100), nullable=False),
        sa.Column("retired_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipt_versions")),
        sa.UniqueConstraint("key", "version", name=op.f("uq_receipt_versions_key_version")),
    )
    op.create_table(
        "trial_receipts",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("public_id", sa.String(length=40), nullable=False),
        sa.Column("trial_id", BIG_ID, nullable=False),
        sa.Column("account_id", BIG_ID, nullable=False),
        sa.Column("facts", JSON, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_trial_receipts_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(["trial_id"], ["trials.id"], name=op.f("fk_trial_receipts_trial_id_trials")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trial_receipts")),
        sa.UniqueConstraint("public_id", name=op.f("uq_trial_receipts_public_id")),
        sa.UniqueConstraint("trial_id", name=op.f("uq_trial_receipts_trial_id")),
    )
    op.create_index(op.f("ix_trial_receipts_account_id"), "trial_receipts", ["account_id"])


def downgrade() -> None:
    op.drop_table("trial_receipts")
    op.drop_table("receipt_versions")
