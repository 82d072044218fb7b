"""answers that people mark, and files that are handed in"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
UNDECIDED = sa.text("share IS NULL")


def upgrade() -> None:
    op.create_table(
        "quiz_answers_to_mark",
        sa.Column("attempt_id", BIG, sa.ForeignKey("quiz_attempts.id"), nullable=False),
        sa.Column("slot", sa.Integer(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("share", sa.String(length=80), nullable=True),
        sa.PrimaryKeyConstraint("attempt_id", "slot", name=op.f("pk_quiz_answers_to_mark")),
    )
    op.create_index(
        "ix_quiz_answers_to_mark_open",
        "quiz_answers_to_mark",
        ["since"],
        sqlite_where=UNDECIDED,
        postgresql_where=UNDECIDED,
    )
    op.create_table(
        "quiz_answer_marks",
        sa.Column("attempt_id", BIG, nullable=False),
        sa.Column("slot", sa.Integer(), nullable=False),
        sa.Column("staff_id", BIG, sa.ForeignKey("staff_members.id"), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("points", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("marked_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["attempt_id", "slot"], ["quiz_answers_to_mark.attempt_id", "quiz_answers_to_mark.slot"]
        ),
        sa.PrimaryKeyConstraint("attempt_id", "slot", "staff_id", name=op.f("pk_quiz_answer_marks")),
        sa.UniqueConstraint(
            "attempt_id", "slot", "turn", name=op.f("uq_quiz_answer_marks_attempt_id_slot_turn")
        ),
    )
    op.create_table(
        "quiz_uploads",
        sa.Column("id", BIG, nullable=False),
        sa.Column("public_id", sa.String(length=40), nullable=False),
        sa.Column("attempt_id", BIG, sa.ForeignKey("quiz_attempts.id"), nullable=False),
        sa.Column("slot", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quiz_uploads")),
        sa.UniqueConstraint("public_id", name=op.f("uq_quiz_uploads_public_id")),
    )
    op.create_index("ix_quiz_uploads_attempt_id_slot", "quiz_uploads", ["attempt_id", "slot"])


def downgrade() -> None:
    op.drop_index("ix_quiz_uploads_attempt_id_slot", table_name="quiz_uploads")
    op.drop_table("quiz_uploads")
    op.drop_table("quiz_answer_marks")
    op.drop_index("ix_quiz_answers_to_mark_open", table_name="quiz_answers_to_mark")
    op.drop_table("quiz_answers_to_mark")
