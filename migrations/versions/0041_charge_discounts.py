"""the discount that a charge of a stored card gives"""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None

NAME = "fk_billing_charges_discount_id_billing_discounts"


def upgrade() -> None:
    with op.batch_alter_table("billing_charges", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("discount_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True)
        )
        batch_op.create_foreign_key(batch_op.f(NAME), "billing_discounts", ["discount_id"], ["id"])


def downgrade() -> None:
    with op.batch_alter_table("billing_charges", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f(NAME), type_="foreignkey")
        batch_op.drop_column("discount_id")
