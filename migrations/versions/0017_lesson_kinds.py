"""lessons of several kinds: facts about learners, answers to surveys, files of courses"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0017"
down_revision = "0019"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def _points_at(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}"))


def upgrade() -> None:
    op.create_table(
        "lesson_facts",
        sa.Column("enrolment_id", BIG_ID, nullable=False),
        sa.Column("lesson_key", sa.String(length=64), nullable=False),
        sa.Column("person_id", BIG_ID, nullable=False),
        sa.Column("opened_at", TIME, nullable=False),
        sa.Column("present_at", TIME, nullable=False),
        sa.Column("present_ms", sa.BigInteger(), nullable=False),
        sa.Column("scrolled_at", TIME, nullable=True),
        sa.Column("watched_at", TIME, nullable=False),
        sa.Column("watched", JSON, nullable=False),
        sa.Column("position_ms", sa.BigInteger(), nullable=False),
        _points_at("lesson_facts", "enrolment_id", "enrolments"),
        _points_at("lesson_facts", "person_id", "people"),
        sa.PrimaryKeyConstraint("enrolment_id", "lesson_key", name=op.f("pk_lesson_facts")),
    )
    op.create_index(op.f("ix_lesson_facts_person_id"), "lesson_facts", ["person_id"])
    op.create_table(
        "survey_answers",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("course_key", sa.String(length=100), nullable=False),
        sa.Column("lesson_key", sa.String(length=64), nullable=False),
        sa.Column("version_id", BIG_ID, nullable=False),
        sa.Column("enrolment_id", BIG_ID, nullable=True),
        sa.Column("person_id", BIG_ID, nullable=True),
        sa.Column("answered_at", TIME, nullable=True),
        sa.Column("answers", JSON, nullable=False),
        _points_at("survey_answers", "version_id", "course_versions"),
        _points_at("survey_answers", "enrolment_id", "enrolments"),
        _points_at("survey_answers", "person_id", "people"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_survey_answers")),
        sa.UniqueConstraint(
            "enrolment_id", "lesson_key", name=op.f("uq_survey_answers_enrolment_id_lesson_key")
        ),
        sqlite_with_rowid=False,
    )
    op.create_index(
        op.f("ix_survey_answers_course_key_lesson_key"), "survey_answers", ["course_key", "lesson_key"]
    )
    for column in ("version_id", "person_id"):
        op.create_index(op.f(f"ix_survey_answers_{column}"), "survey_answers", [column])
    op.create_table(
        "course_file_chunks",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("digest", "number", name=op.f("pk_course_file_chunks")),
    )


def downgrade() -> None:
    op.drop_table("course_file_chunks")
    op.drop_table("survey_answers")
    op.drop_table("lesson_facts")
