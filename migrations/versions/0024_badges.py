"""Open Badges: the issuer's keys, and what the credential of each certificate says beyond the certificate"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "badge_keys",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("multikey", sa.String(length=60), nullable=False),
        sa.Column("private", sa.Text(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("activated_at", TIME, nullable=True),
        sa.Column("retired_at", TIME, nullable=True),
        sa.Column("withdrawn_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_badge_keys")),
        sa.UniqueConstraint("multikey", name=op.f("uq_badge_keys_multikey")),
    )
    op.create_table(
        "badges",
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("key_id", BIG_ID, nullable=False),
        sa.Column("locale", sa.String(length=2), nullable=False),
        sa.Column("recipient_kind", sa.String(length=20), nullable=False),
        sa.Column("recipient", sa.String(length=64), nullable=False),
        sa.Column("salt", sa.String(length=32), nullable=False),
        sa.Column("status_list", sa.Integer(), nullable=False),
        sa.Column("status_place", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["key_id"], ["badge_keys.id"], name=op.f("fk_badges_key_id_badge_keys")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_badges")),
        sa.UniqueConstraint("status_list", "status_place", name=op.f("uq_badges_status_list_status_place")),
    )
    op.create_index(op.f("ix_badges_key_id"), "badges", ["key_id"])


def downgrade() -> None:
    op.drop_table("badges")
    op.drop_table("badge_keys")
