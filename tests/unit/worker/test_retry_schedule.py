"""What cannot be done now is tried again a minute later five times, an hour later for a day, a day later for a week."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from tapwatt.retry import RetryPolicy
from tapwatt.worker.retry_schedule import SCHEDULE, next_try


def test_the_schedule_is_the_one_that_acquirers_use() -> None:
    tiers = []
    while (tier := next_try(len(tiers))) is not None:
        tiers.append(tier.name)
    assert tiers == ["minute"] * 5 + ["hour"] * 24 + ["day"] * 7
    assert [t.delay_s for t in SCHEDULE] == [60, 3600, 86400]


@given(st.integers(1, 1000), st.integers(0, 2**32))
def test_a_pause_grows_to_its_limit_and_is_never_shorter_than_half(tries: int, seed: int) -> None:
    whole = min(5.0, 0.2 * 2.0 ** min(tries - 1, 30))
    assert whole / 2 <= RetryPolicy(3, 0.2, 5.0, Random(seed)).pause_s(tries) <= whole
