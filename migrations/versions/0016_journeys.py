"""learning paths, invitations to courses, and moves between their versions"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    _paths()
    op.create_table(
        "course_invitations",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("course_key", sa.String(length=100), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("invited_by", sa.String(length=100), nullable=False),
        sa.Column("invited_at", TIME, nullable=False),
        sa.Column("person_id", BIG_ID, nullable=True),
        sa.Column("accepted_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_course_invitations_person_id_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_course_invitations")),
        sa.UniqueConstraint("course_key", "email", name=op.f("uq_course_invitations_course_key_email")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_course_invitations_token_hash")),
    )
    op.create_index(op.f("ix_course_invitations_person_id"), "course_invitations", ["person_id"])
    op.create_table(
        "course_moves",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("course_key", sa.String(length=100), nullable=False),
        sa.Column("to_version_id", BIG_ID, nullable=False),
        sa.Column("lessons", JSON, nullable=False),
        sa.Column("moved", sa.Integer(), nullable=False),
        sa.Column("waiting", sa.Integer(), nullable=False),
        sa.Column("started_by", sa.String(length=100), nullable=False),
        sa.Column("started_at", TIME, nullable=False),
        sa.Column("finished_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["to_version_id"],
            ["course_versions.id"],
            name=op.f("fk_course_moves_to_version_id_course_versions"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_course_moves")),
    )
    op.create_index(op.f("ix_course_moves_to_version_id"), "course_moves", ["to_version_id"])
    under_way = sa.text("finished_at IS NULL")
    op.create_index(
        "uq_course_moves_under_way",
        "course_moves",
        ["course_key"],
        unique=True,
        sqlite_where=under_way,
        postgresql_where=under_way,
    )


def _paths() -> None:
    op.create_table(
        "path_versions",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("definition", JSON, nullable=False),
        sa.Column("published_at", TIME, nullable=False),
        sa.Column("published_by", sa.String(length=100), nullable=False),
        sa.Column("retired_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_path_versions")),
        sa.UniqueConstraint("key", "version", name=op.f("uq_path_versions_key_version")),
    )
    op.create_table(
        "path_enrolments",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("person_id", BIG_ID, nullable=False),
        sa.Column("account_id", BIG_ID, nullable=True),
        sa.Column("path_key", sa.String(length=100), nullable=False),
        sa.Column("version_id", BIG_ID, nullable=False),
        sa.Column("started_at", TIME, nullable=False),
        sa.Column("completed_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_path_enrolments_person_id_people")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_path_enrolments_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["version_id"], ["path_versions.id"], name=op.f("fk_path_enrolments_version_id_path_versions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_path_enrolments")),
        sa.UniqueConstraint("person_id", "path_key", name=op.f("uq_path_enrolments_person_id_path_key")),
    )
    op.create_index(op.f("ix_path_enrolments_account_id"), "path_enrolments", ["account_id"])
    op.create_index(op.f("ix_path_enrolments_version_id"), "path_enrolments", ["version_id"])


def downgrade() -> None:
    for table in ("course_moves", "course_invitations", "path_enrolments", "path_versions"):
        op.drop_table(table)
