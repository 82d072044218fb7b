"""the promotion code that a checkout fills in"""

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("billing_checkouts", schema=None) as batch_op:
        batch_op.add_column(sa.Column("promotion_code", sa.String(100), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("billing_checkouts", schema=None) as batch_op:
        batch_op.drop_column("promotion_code")
