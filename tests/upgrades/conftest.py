"""The shop of the billing tests, for ways that end at Stripe."""

from tests.billing.conftest import shop, wire

__all__ = ["shop", "wire"]
