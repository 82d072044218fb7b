"""sums of the certificates that were handed out as files"""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0024"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "certificate_papers",
        sa.Column("certificate_id", BIG_ID, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("locale", sa.String(length=5), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["certificate_id"],
            ["certificates.id"],
            name=op.f("fk_certificate_papers_certificate_id_certificates"),
        ),
        sa.PrimaryKeyConstraint("certificate_id", "sha256", name=op.f("pk_certificate_papers")),
    )
    op.create_index(op.f("ix_certificate_papers_sha256"), "certificate_papers", ["sha256"])


def downgrade() -> None:
    op.drop_table("certificate_papers")
