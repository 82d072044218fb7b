"""what flows show by themselves, and the budget of attention"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    _attention()
    _flows()


def _attention() -> None:
    op.create_table(
        "attention_versions",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("definition", JSON, nullable=False),
        sa.Column("published_at", TIME, nullable=False),
        sa.Column("published_by", sa.String(length=100), nullable=False),
        sa.Column("retired_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attention_versions")),
        sa.UniqueConstraint("key", "version", name=op.f("uq_attention_versions_key_version")),
    )
    op.create_table(
        "attention_ledger",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("person_id", BIG_ID, nullable=False),
        sa.Column("account_id", BIG_ID, nullable=True),
        sa.Column("source", sa.String(length=120), nullable=False),
        sa.Column("shown_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_attention_ledger_person_id_people")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_attention_ledger_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attention_ledger")),
    )
    op.create_index("ix_attention_ledger_person_id_shown_at", "attention_ledger", ["person_id", "shown_at"])
    op.create_index("ix_attention_ledger_account_id_shown_at", "attention_ledger", ["account_id", "shown_at"])
    op.create_index(op.f("ix_attention_ledger_shown_at"), "attention_ledger", ["shown_at"])
    op.create_table(
        "attention_held_back",
        sa.Column("person_id", BIG_ID, nullable=False),
        sa.Column("source", sa.String(length=120), nullable=False),
        sa.Column("account_id", BIG_ID, nullable=True),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("first_at", TIME, nullable=False),
        sa.Column("last_at", TIME, nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_attention_held_back_person_id_people")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_attention_held_back_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint("person_id", "source", name=op.f("pk_attention_held_back")),
    )
    op.create_index(op.f("ix_attention_held_back_last_at"), "attention_held_back", ["last_at"])


def _flows() -> None:
    op.create_table(
        "flow_showings",
        sa.Column("enrolment_id", BIG_ID, nullable=False),
        sa.Column("person_id", BIG_ID, nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("first_shown_at", TIME, nullable=True),
        sa.Column("last_shown_at", TIME, nullable=True),
        sa.Column("snoozed_until", TIME, nullable=True),
        sa.Column("asked_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["enrolment_id"],
            ["flow_enrolments.id"],
            name=op.f("fk_flow_showings_enrolment_id_flow_enrolments"),
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_flow_showings_person_id_people")),
        sa.PrimaryKeyConstraint("enrolment_id", "person_id", name=op.f("pk_flow_showings")),
    )
    op.create_index(op.f("ix_flow_showings_person_id"), "flow_showings", ["person_id"])
    op.create_table(
        "flow_missing_anchors",
        sa.Column("version_id", BIG_ID, nullable=False),
        sa.Column("step_key", sa.String(length=64), nullable=False),
        sa.Column("path", sa.String(length=200), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("first_at", TIME, nullable=False),
        sa.Column("last_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["version_id"],
            ["flow_versions.id"],
            name=op.f("fk_flow_missing_anchors_version_id_flow_versions"),
        ),
        sa.PrimaryKeyConstraint("version_id", "step_key", "path", name=op.f("pk_flow_missing_anchors")),
    )


def downgrade() -> None:
    for table in (
        "flow_missing_anchors",
        "flow_showings",
        "attention_held_back",
        "attention_ledger",
        "attention_versions",
    ):
        op.drop_table(table)
