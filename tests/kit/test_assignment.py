"""Who is in which arm: always the same, evenly, and independently of other experiments."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from plg.kit.assignment import BUCKETS, arm_in, bucket, ranges

IDS = [f"acct_{number}" for number in range(10_000)]
WEIGHTS = st.dictionaries(st.text(min_size=1, max_size=3), st.integers(1, 1000), min_size=1, max_size=10)


def test_a_bucket_never_changes() -> None:
    # The first 8 bytes that sha256sum prints, modulo 10,000: whoever is in an arm today is in it in ten years.
    assert [bucket("acct_1", "start"), bucket("acct_2", "start"), bucket("acct_1", "other")] == [
        7523,
        7538,
        8485,
    ]


def test_ten_thousand_ids_are_divided_as_the_weights_say() -> None:
    arms = {"holdout": range(1000), **ranges({"control": 2, "short": 1}, start=1000)}
    found = [arm_in(arms, bucket(each, "start")) for each in IDS]
    for arm, share in (("holdout", 0.1), ("control", 0.6), ("short", 0.3)):
        bound = 4 * (len(IDS) * share * (1 - share)) ** 0.5
        assert abs(found.count(arm) - len(IDS) * share) < bound, arm


def test_two_experiments_divide_the_same_people_independently() -> None:
    both = sum(bucket(each, "one") < BUCKETS // 2 and bucket(each, "two") < BUCKETS // 2 for each in IDS)
    assert abs(both - len(IDS) / 4) < 4 * (len(IDS) * 3 / 16) ** 0.5


@given(WEIGHTS, st.integers(0, 9900))
def test_the_arms_share_every_bucket_once_and_in_proportion(weights: dict[str, int], start: int) -> None:
    found = ranges(weights, start=start)
    assert list(found) == list(weights)
    ends = [start, *(each.stop for each in found.values())]
    assert [each.start for each in found.values()] == ends[:-1] and ends[-1] == BUCKETS
    whole = sum(weights.values())
    for arm, buckets in found.items():
        assert abs(len(buckets) - (BUCKETS - start) * weights[arm] / whole) < 1
