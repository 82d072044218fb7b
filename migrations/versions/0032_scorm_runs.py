"""scorm_runs: what the content of SCORM lessons keeps about its learners"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "scorm_runs",
        sa.Column("enrolment_id", BIG_ID, nullable=False),
        sa.Column("lesson_key", sa.String(length=64), nullable=False),
        sa.Column("person_id", BIG_ID, nullable=False),
        sa.Column("package", sa.String(length=64), nullable=False),
        sa.Column("launch", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("values", JSON, nullable=False),
        sa.Column("total_ms", sa.BigInteger(), nullable=False),
        sa.Column("session_ms", sa.BigInteger(), nullable=False),
        sa.Column("closed", sa.Boolean(), nullable=False),
        sa.Column("opened_at", TIME, nullable=False),
        sa.Column("saved_at", TIME, nullable=True),
        sa.Column("completed_at", TIME, nullable=True),
        sa.Column("passed_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["enrolment_id"], ["enrolments.id"], name=op.f("fk_scorm_runs_enrolment_id_enrolments")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_scorm_runs_person_id_people")),
        sa.PrimaryKeyConstraint("enrolment_id", "lesson_key", name=op.f("pk_scorm_runs")),
    )
    op.create_index(op.f("ix_scorm_runs_person_id"), "scorm_runs", ["person_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_scorm_runs_person_id"), "scorm_runs")
    op.drop_table("scorm_runs")
