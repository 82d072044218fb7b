"""flows: the arm of its experiment that an enrolment is in, and when it was met"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("flow_enrolments", schema=None) as batch_op:
        batch_op.add_column(sa.Column("variant", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("exposed_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("flow_enrolments", schema=None) as batch_op:
        batch_op.drop_column("exposed_at")
        batch_op.drop_column("variant")
