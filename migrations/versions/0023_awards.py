"""certificates as chained awards: policy, end, corrections, renewals; how each stands; what is to do for them"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
TIME = sa.DateTime(timezone=True)
BEGINS_A_CHAIN = sa.text("replaces_id IS NULL")
WAITS = sa.text("due_at IS NOT NULL")
FILLED = (
    ("edition", sa.Integer()),
    ("kind", sa.String(length=20)),
    ("chain", sa.String(length=20)),
    ("policy", JSON),
    ("timezone", sa.String(length=64)),
    ("made_at", TIME),
)
EMPTY = (
    ("replaces_id", BIG_ID),
    ("expires_at", TIME),
    ("made_by", sa.String(length=100)),
    ("reason", sa.String(length=500)),
)
EARLIER = "FROM certificates AS o WHERE o.attempt_id = certificates.attempt_id"


def upgrade() -> None:
    with op.batch_alter_table("certificates") as table:
        for name, kind in (*FILLED, *EMPTY):
            table.add_column(sa.Column(name, kind, nullable=True))
    _fill()
    with op.batch_alter_table("certificates") as table:
        for name, _ in FILLED:
            table.alter_column(name, nullable=False)
        table.drop_constraint(op.f("uq_certificates_code"), type_="unique")
        table.create_unique_constraint(op.f("uq_certificates_code_edition"), ["code", "edition"])
        table.create_unique_constraint(op.f("uq_certificates_replaces_id"), ["replaces_id"])
        table.create_foreign_key(
            op.f("fk_certificates_replaces_id_certificates"), "certificates", ["replaces_id"], ["id"]
        )
        table.create_index(op.f("ix_certificates_chain"), ["chain"])
    where = {"sqlite_where": BEGINS_A_CHAIN, "postgresql_where": BEGINS_A_CHAIN}
    op.create_index("uq_certificates_earned", "certificates", ["attempt_id"], unique=True, **where)
    _standings()
    _tasks()


def _fill() -> None:
    """Of an attempt that had two, the second stands in the place of the first, which was revoked."""
    zone = (
        "SELECT a.timezone FROM accounts a JOIN enrolments e ON e.account_id = a.id"
        " JOIN quiz_attempts q ON q.enrolment_id = e.id WHERE q.id = certificates.attempt_id"
    )
    op.execute(
        "UPDATE certificates SET edition = 1, kind = 'first', policy = '{}', made_at = issued_at,"
        f" timezone = coalesce(({zone}), 'UTC'),"
        f" replaces_id = (SELECT max(o.id) {EARLIER} AND o.id < certificates.id),"
        f" chain = (SELECT o.code {EARLIER} ORDER BY o.id LIMIT 1)"
    )


def _standings() -> None:
    op.create_table(
        "certificate_standings",
        sa.Column("certificate_id", BIG_ID, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("changed_by", sa.String(length=100), nullable=False),
        sa.Column("changed_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["certificate_id"],
            ["certificates.id"],
            name=op.f("fk_certificate_standings_certificate_id_certificates"),
        ),
        sa.PrimaryKeyConstraint("certificate_id", "number", name=op.f("pk_certificate_standings")),
    )
    op.execute(
        "INSERT INTO certificate_standings (certificate_id, number, kind, reason, changed_by, changed_at)"
        " SELECT certificate_id, 1, 'revocation', reason, revoked_by, revoked_at FROM certificate_revocations"
    )
    op.drop_table("certificate_revocations")


def _tasks() -> None:
    op.create_table(
        "certificate_tasks",
        sa.Column("certificate_id", BIG_ID, nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("due_at", TIME, nullable=True),
        sa.Column("done_at", TIME, nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(length=500), nullable=True),
        sa.ForeignKeyConstraint(
            ["certificate_id"],
            ["certificates.id"],
            name=op.f("fk_certificate_tasks_certificate_id_certificates"),
        ),
        sa.PrimaryKeyConstraint("certificate_id", "name", name=op.f("pk_certificate_tasks")),
    )
    where = {"sqlite_where": WAITS, "postgresql_where": WAITS}
    op.create_index("ix_certificate_tasks_due", "certificate_tasks", ["due_at"], **where)
    op.create_table(
        "certificate_renewals",
        sa.Column("attempt_id", BIG_ID, nullable=False),
        sa.Column("certificate_id", BIG_ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["attempt_id"],
            ["quiz_attempts.id"],
            name=op.f("fk_certificate_renewals_attempt_id_quiz_attempts"),
        ),
        sa.ForeignKeyConstraint(
            ["certificate_id"],
            ["certificates.id"],
            name=op.f("fk_certificate_renewals_certificate_id_certificates"),
        ),
        sa.PrimaryKeyConstraint("attempt_id", name=op.f("pk_certificate_renewals")),
    )
    op.create_index(
        op.f("ix_certificate_renewals_certificate_id"), "certificate_renewals", ["certificate_id"]
    )


def downgrade() -> None:
    op.drop_table("certificate_renewals")
    op.drop_table("certificate_tasks")
    op.create_table(
        "certificate_revocations",
        sa.Column("certificate_id", BIG_ID, nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("revoked_by", sa.String(length=100), nullable=False),
        sa.Column("revoked_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["certificate_id"],
            ["certificates.id"],
            name=op.f("fk_certificate_revocations_certificate_id_certificates"),
        ),
        sa.PrimaryKeyConstraint("certificate_id", name=op.f("pk_certificate_revocations")),
    )
    _take_what_does_not_hold()
    op.drop_table("certificate_standings")
    op.drop_index("uq_certificates_earned", table_name="certificates")
    with op.batch_alter_table("certificates") as table:
        table.drop_index(op.f("ix_certificates_chain"))
        table.drop_constraint(op.f("fk_certificates_replaces_id_certificates"), type_="foreignkey")
        table.drop_constraint(op.f("uq_certificates_replaces_id"), type_="unique")
        table.drop_constraint(op.f("uq_certificates_code_edition"), type_="unique")
    newest = "SELECT max(id) FROM certificates GROUP BY code"
    op.execute(f"DELETE FROM certificate_revocations WHERE certificate_id NOT IN ({newest})")
    op.execute(f"DELETE FROM certificates WHERE id NOT IN ({newest})")
    with op.batch_alter_table("certificates") as table:
        table.create_unique_constraint(op.f("uq_certificates_code"), ["code"])
        for name, _ in (*FILLED, *EMPTY):
            table.drop_column(name)


def _take_what_does_not_hold() -> None:
    """There are only revocations there; what is suspended does not hold either."""
    last = (
        "SELECT max(l.number) FROM certificate_standings l"
        " WHERE l.certificate_id = s.certificate_id AND l.kind <> 'shortening'"
    )
    op.execute(
        "INSERT INTO certificate_revocations (certificate_id, reason, revoked_by, revoked_at)"
        " SELECT certificate_id, reason, changed_by, changed_at FROM certificate_standings s"
        f" WHERE s.kind IN ('revocation', 'suspension') AND s.number = ({last})"
    )
