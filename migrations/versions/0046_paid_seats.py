"""for how many seats an account pays"""

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("account_plans", schema=None) as batch_op:
        batch_op.add_column(sa.Column("paid_seats", sa.Integer(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("account_plans", schema=None) as batch_op:
        batch_op.drop_column("paid_seats")
