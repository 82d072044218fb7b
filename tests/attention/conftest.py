"""The clock and the headers of a person's browser, as the tests of flows have them."""

from tests.onboarding_flows.conftest import clock, headers

__all__ = ["clock", "headers"]
