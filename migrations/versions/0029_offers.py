"""offers as offers.yaml defines them, their people and their experiments"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
TIME = sa.DateTime(timezone=True)
OPEN = sa.text("status = 'open'")


def upgrade() -> None:
    op.create_table(
        "offer_versions",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("definition", JSON, nullable=False),
        sa.Column("published_at", TIME, nullable=False),
        sa.Column("published_by", sa.String(length=100), nullable=False),
        sa.Column("retired_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offer_versions")),
        sa.UniqueConstraint("key", "version", name=op.f("uq_offer_versions_key_version")),
    )
    with op.batch_alter_table("offers", schema=None) as batch_op:
        batch_op.add_column(sa.Column("key", sa.String(length=50), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("version_id", BIG_ID, nullable=True))
        batch_op.add_column(sa.Column("variant", sa.String(length=50), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("is_for_some", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column("ends_at", TIME, nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_offers_version_id_offer_versions"), "offer_versions", ["version_id"], ["id"]
        )
    with op.batch_alter_table("offers", schema=None) as batch_op:
        for name in ("key", "variant", "is_for_some"):
            batch_op.alter_column(name, server_default=None)
    op.create_index(op.f("ix_offers_version_id"), "offers", ["version_id"])
    op.create_index(op.f("ix_offers_ends_at"), "offers", ["ends_at"])
    op.create_index("ix_offers_account_id_key", "offers", ["account_id", "key"])
    op.drop_index("uq_offers_open", "offers")
    _one_open(["account_id", "key", "feature"])
    _people()
    _exposures()


def _one_open(columns: list[str]) -> None:
    op.create_index(
        "uq_offers_open", "offers", columns, unique=True, sqlite_where=OPEN, postgresql_where=OPEN
    )


def _people() -> None:
    op.create_table(
        "offer_people",
        sa.Column("offer_id", BIG_ID, nullable=False),
        sa.Column("person_id", BIG_ID, nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("shown_at", TIME, nullable=True),
        sa.Column("snoozed_until", TIME, nullable=True),
        sa.Column("dismissed_at", TIME, nullable=True),
        sa.Column("clicked_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(["offer_id"], ["offers.id"], name=op.f("fk_offer_people_offer_id_offers")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_offer_people_person_id_people")),
        sa.PrimaryKeyConstraint("offer_id", "person_id", name=op.f("pk_offer_people")),
    )
    op.create_index(op.f("ix_offer_people_person_id"), "offer_people", ["person_id"])


def _exposures() -> None:
    op.create_table(
        "offer_exposures",
        sa.Column("account_id", BIG_ID, nullable=False),
        sa.Column("key", sa.String(length=50), nullable=False),
        sa.Column("variant", sa.String(length=50), nullable=False),
        sa.Column("version_id", BIG_ID, nullable=False),
        sa.Column("person_id", BIG_ID, nullable=True),
        sa.Column("exposed_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_offer_exposures_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_offer_exposures_person_id_people")
        ),
        sa.ForeignKeyConstraint(
            ["version_id"],
            ["offer_versions.id"],
            name=op.f("fk_offer_exposures_version_id_offer_versions"),
        ),
        sa.PrimaryKeyConstraint("account_id", "key", name=op.f("pk_offer_exposures")),
    )
    for name in ("key", "person_id", "version_id"):
        op.create_index(op.f(f"ix_offer_exposures_{name}"), "offer_exposures", [name])


def downgrade() -> None:
    op.drop_table("offer_exposures")
    op.drop_table("offer_people")
    op.drop_index("uq_offers_open", "offers")
    op.execute("DELETE FROM offers WHERE key != ''")
    _one_open(["account_id", "feature"])
    op.drop_index("ix_offers_account_id_key", "offers")
    op.drop_index(op.f("ix_offers_ends_at"), "offers")
    op.drop_index(op.f("ix_offers_version_id"), "offers")
    with op.batch_alter_table("offers", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_offers_version_id_offer_versions"), type_="foreignkey")
        for name in ("ends_at", "is_for_some", "variant", "version_id", "key"):
            batch_op.drop_column(name)
    op.drop_table("offer_versions")
