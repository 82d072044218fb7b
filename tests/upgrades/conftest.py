"""The shop of the billing tests, for ways that end at Stripe."""

from tests.billing.conftest import shop

__all__ = ["shop"]
