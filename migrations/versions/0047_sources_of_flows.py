"""flows keep the text that their authors wrote"""

import sqlalchemy as sa
from alembic import op

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("flow_versions", "flow_drafts"):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.add_column(sa.Column("source", sa.Text(), nullable=True))


def downgrade() -> None:
    for table in ("flow_drafts", "flow_versions"):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.drop_column("source")
