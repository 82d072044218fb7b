"""Whatever people do, and webhooks do on their way: in the end plg, and every cent of it, is as Stripe is."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.billing.history import DOINGS, PAY, History
from tests.billing.near_stripe import shallow


def doing(name, *choices):
    return st.tuples(st.just(name), *(st.sampled_from(each) for each in choices))


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_any_history_ends_in_the_one_right_state_to_the_cent(shop):
    numbers = iter(range(10**6))

    @settings(max_examples=8, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(doing(*PAY), st.lists(st.one_of([doing(*each) for each in DOINGS]), min_size=4, max_size=12))
    def live(first, doings):
        History(shop, next(numbers)).live_through([first, *doings])

    with shallow():
        live()
