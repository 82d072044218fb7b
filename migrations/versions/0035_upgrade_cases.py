"""requests of an account, gathered for one answer with a price that expires"""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)
OPEN = sa.text("status = 'open'")


def upgrade() -> None:
    op.create_table(
        "upgrade_cases",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("public_id", sa.String(length=40), nullable=False),
        sa.Column("account_id", BIG_ID, nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("plan_key", sa.String(length=50), nullable=False),
        sa.Column("plan_version_id", BIG_ID, nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("interval", sa.String(length=10), nullable=False),
        sa.Column("expires_at", TIME, nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("closed_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_upgrade_cases_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["plan_version_id"],
            ["plan_versions.id"],
            name=op.f("fk_upgrade_cases_plan_version_id_plan_versions"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_upgrade_cases")),
        sa.UniqueConstraint("public_id", name=op.f("uq_upgrade_cases_public_id")),
    )
    op.create_index(op.f("ix_upgrade_cases_account_id"), "upgrade_cases", ["account_id"])
    op.create_index(
        "uq_upgrade_cases_open",
        "upgrade_cases",
        ["account_id"],
        unique=True,
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    )
    with op.batch_alter_table("upgrade_requests", schema=None) as batch_op:
        batch_op.add_column(sa.Column("case_id", BIG_ID, nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_upgrade_requests_case_id_upgrade_cases"), "upgrade_cases", ["case_id"], ["id"]
        )
    op.create_index(op.f("ix_upgrade_requests_case_id"), "upgrade_requests", ["case_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_upgrade_requests_case_id"), "upgrade_requests")
    with op.batch_alter_table("upgrade_requests", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_upgrade_requests_case_id_upgrade_cases"), type_="foreignkey")
        batch_op.drop_column("case_id")
    op.drop_table("upgrade_cases")
