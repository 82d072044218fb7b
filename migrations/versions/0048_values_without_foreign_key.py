"""values that meters have seen are added without a look at the account"""

from alembic import op

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None

NAME = "fk_usage_values_account_id_accounts"


def upgrade() -> None:
    with op.batch_alter_table("usage_values", schema=None) as batch_op:
        batch_op.drop_constraint(NAME, type_="foreignkey")


def downgrade() -> None:
    with op.batch_alter_table("usage_values", schema=None) as batch_op:
        batch_op.create_foreign_key(NAME, "accounts", ["account_id"], ["id"])
