"""sign-ups: decisions and what they rest on"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
WAITING = sa.text("waits_for IS NOT NULL")


def upgrade() -> None:
    _cases()
    _decisions()
    _traces()


def _cases() -> None:
    op.create_table(
        "signups",
        sa.Column("id", BIG, nullable=False),
        sa.Column("public_id", sa.String(length=40), nullable=False),
        sa.Column("person_id", BIG, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("way", sa.String(length=40), nullable=False),
        sa.Column("plan", sa.String(length=50), nullable=True),
        sa.Column("decision", sa.String(length=10), nullable=False),
        sa.Column("waits_for", sa.String(length=20), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_signups_account_id_accounts")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_signups_person_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signups")),
        sa.UniqueConstraint("account_id", name=op.f("uq_signups_account_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_signups_public_id")),
    )
    with op.batch_alter_table("signups", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_signups_created_at"), ["created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_signups_person_id"), ["person_id"], unique=False)
        batch_op.create_index(
            "ix_signups_waiting",
            ["waits_for", "id"],
            unique=False,
            sqlite_where=WAITING,
            postgresql_where=WAITING,
        )


def _decisions() -> None:
    op.create_table(
        "signup_decisions",
        sa.Column("id", BIG, nullable=False),
        sa.Column("case_id", BIG, nullable=False),
        sa.Column("decision", sa.String(length=10), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("cause", sa.String(length=20), nullable=False),
        sa.Column("policy", sa.Integer(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["signups.id"], name=op.f("fk_signup_decisions_case_id_signups")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signup_decisions")),
    )
    op.create_table(
        "signup_reasons",
        sa.Column("id", BIG, nullable=False),
        sa.Column("decision_id", BIG, nullable=False),
        sa.Column("signal", sa.String(length=40), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("detail", JSON, nullable=False),
        sa.ForeignKeyConstraint(
            ["decision_id"],
            ["signup_decisions.id"],
            name=op.f("fk_signup_reasons_decision_id_signup_decisions"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signup_reasons")),
    )
    op.create_table(
        "signup_overrules",
        sa.Column("id", BIG, nullable=False),
        sa.Column("case_id", BIG, nullable=False),
        sa.Column("decision_id", BIG, nullable=False),
        sa.Column("decision", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("actor", sa.String(length=100), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["signups.id"], name=op.f("fk_signup_overrules_case_id_signups")
        ),
        sa.ForeignKeyConstraint(
            ["decision_id"],
            ["signup_decisions.id"],
            name=op.f("fk_signup_overrules_decision_id_signup_decisions"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signup_overrules")),
    )
    for table, column in (
        ("signup_decisions", "case_id"),
        ("signup_reasons", "decision_id"),
        ("signup_overrules", "case_id"),
        ("signup_overrules", "decision_id"),
        ("signup_overrules", "decided_at"),
    ):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.create_index(batch_op.f(f"ix_{table}_{column}"), [column], unique=False)


def _traces() -> None:
    op.create_table(
        "signup_traces",
        sa.Column("id", BIG, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("value", sa.String(length=32), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_signup_traces_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signup_traces")),
        sa.UniqueConstraint(
            "account_id", "kind", "value", name=op.f("uq_signup_traces_account_id_kind_value")
        ),
    )
    with op.batch_alter_table("signup_traces", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_signup_traces_kind_seen_at"), ["kind", "seen_at"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_signup_traces_kind_value_seen_at"), ["kind", "value", "seen_at"], unique=False
        )
    op.create_table(
        "signup_policies",
        sa.Column("id", BIG, nullable=False),
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("definition", JSON, nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_by", sa.String(length=100), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signup_policies")),
        sa.UniqueConstraint("key", "version", name=op.f("uq_signup_policies_key_version")),
    )


def downgrade() -> None:
    for table in (
        "signup_policies",
        "signup_traces",
        "signup_overrules",
        "signup_reasons",
        "signup_decisions",
        "signups",
    ):
        op.drop_table(table)
