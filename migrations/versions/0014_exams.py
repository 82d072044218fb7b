"""exams: drafts, evidence, extensions, regrades"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    with op.batch_alter_table("quiz_attempts") as table:
        table.add_column(sa.Column("draft", JSON, nullable=False, server_default="{}"))
        table.add_column(sa.Column("answered_at", JSON, nullable=False, server_default="{}"))
        table.add_column(sa.Column("network", sa.String(length=64), nullable=True))
        table.add_column(sa.Column("left_page", sa.Integer(), nullable=True))
        table.add_column(
            sa.Column(
                "marked_version_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
            )
        )
        table.create_foreign_key(
            op.f("fk_quiz_attempts_marked_version_id_course_versions"),
            "course_versions",
            ["marked_version_id"],
            ["id"],
        )
        table.create_index(op.f("ix_quiz_attempts_marked_version_id"), ["marked_version_id"])
    with op.batch_alter_table("enrolments") as table:
        table.add_column(sa.Column("extra_minutes", sa.Integer(), nullable=False, server_default="0"))
        table.add_column(sa.Column("extra_attempts", sa.Integer(), nullable=False, server_default="0"))
    op.create_table(
        "certificate_revocations",
        sa.Column("certificate_id", BIG_ID, nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("revoked_by", sa.String(length=100), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["certificate_id"],
            ["certificates.id"],
            name=op.f("fk_certificate_revocations_certificate_id_certificates"),
        ),
        sa.PrimaryKeyConstraint("certificate_id", name=op.f("pk_certificate_revocations")),
    )
    op.create_table(
        "quiz_mark_changes",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("attempt_id", BIG_ID, nullable=False),
        sa.Column("version_id", BIG_ID, nullable=False),
        sa.Column("old_score", sa.Integer(), nullable=False),
        sa.Column("old_passed", sa.Boolean(), nullable=False),
        sa.Column("old_shares", JSON, nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("passed", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("changed_by", sa.String(length=100), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["attempt_id"], ["quiz_attempts.id"], name=op.f("fk_quiz_mark_changes_attempt_id_quiz_attempts")
        ),
        sa.ForeignKeyConstraint(
            ["version_id"],
            ["course_versions.id"],
            name=op.f("fk_quiz_mark_changes_version_id_course_versions"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quiz_mark_changes")),
    )
    op.create_index(op.f("ix_quiz_mark_changes_attempt_id"), "quiz_mark_changes", ["attempt_id"])
    op.create_index(op.f("ix_quiz_mark_changes_version_id"), "quiz_mark_changes", ["version_id"])


def downgrade() -> None:
    op.drop_table("quiz_mark_changes")
    op.drop_table("certificate_revocations")
    with op.batch_alter_table("enrolments") as table:
        table.drop_column("extra_attempts")
        table.drop_column("extra_minutes")
    with op.batch_alter_table("quiz_attempts") as table:
        table.drop_index(op.f("ix_quiz_attempts_marked_version_id"))
        table.drop_constraint(op.f("fk_quiz_attempts_marked_version_id_course_versions"), type_="foreignkey")
        for column in ("marked_version_id", "left_page", "network", "answered_at", "draft"):
            table.drop_column(column)
