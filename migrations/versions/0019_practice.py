"""practice: how well people know what they practise; extensions; a second certificate where the first was revoked"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "practice_cards",
        sa.Column("enrolment_id", BIG_ID, nullable=False),
        sa.Column("question_key", sa.String(length=64), nullable=False),
        sa.Column("turns", sa.Integer(), nullable=False),
        sa.Column("answer", JSON, nullable=True),
        sa.Column("state", sa.Integer(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=True),
        sa.Column("stability", sa.Double(), nullable=False),
        sa.Column("difficulty", sa.Double(), nullable=False),
        sa.Column("reviewed_at", TIME, nullable=False),
        sa.Column("due_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["enrolment_id"], ["enrolments.id"], name=op.f("fk_practice_cards_enrolment_id_enrolments")
        ),
        sa.PrimaryKeyConstraint("enrolment_id", "question_key", name=op.f("pk_practice_cards")),
    )
    op.create_table(
        "quiz_extensions",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("enrolment_id", BIG_ID, nullable=False),
        sa.Column("extra_minutes", sa.Integer(), nullable=False),
        sa.Column("extra_attempts", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("given_by", sa.String(length=100), nullable=False),
        sa.Column("given_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["enrolment_id"], ["enrolments.id"], name=op.f("fk_quiz_extensions_enrolment_id_enrolments")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quiz_extensions")),
    )
    op.create_index(op.f("ix_quiz_extensions_enrolment_id"), "quiz_extensions", ["enrolment_id"])
    with op.batch_alter_table("certificates") as table:
        table.drop_constraint(op.f("uq_certificates_attempt_id"), type_="unique")
        table.create_index(op.f("ix_certificates_attempt_id"), ["attempt_id"])


def downgrade() -> None:
    _keep_one_certificate_an_attempt()
    with op.batch_alter_table("certificates") as table:
        table.drop_index(op.f("ix_certificates_attempt_id"))
        table.create_unique_constraint(op.f("uq_certificates_attempt_id"), ["attempt_id"])
    op.drop_table("quiz_extensions")
    op.drop_table("practice_cards")


def _keep_one_certificate_an_attempt() -> None:
    """The newest one of each attempt, which is the one that may still hold."""
    newest = "SELECT max(id) FROM certificates GROUP BY attempt_id"
    op.execute(f"DELETE FROM certificate_revocations WHERE certificate_id NOT IN ({newest})")
    op.execute(f"DELETE FROM certificates WHERE id NOT IN ({newest})")
