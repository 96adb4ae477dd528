"""The doctor asks the Redis that its environment names, and no other; a clock that is off is said with its distance."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tapwatt.clock import Skew, SystemClock
from tapwatt_cli.ops.findings import Finding
from tapwatt_cli.ops.redis_findings import clock_finding, redis_findings
from tapwatt_cli.ops.service_parts import REDIS


async def test_where_no_redis_is_named_none_is_asked() -> None:
    assert await redis_findings({}, SystemClock()) == [
        Finding("Redis", True, "not asked: TAPWATT_REDIS_URL says where it is")
    ]


@pytest.mark.parametrize("url", ["redis://127.0.0.1:1/0", "nonsense"])
async def test_what_cannot_be_used_is_one_sentence(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tapwatt_cli.ops.service_parts._REDIS_WITHIN_S", 0.1)
    monkeypatch.setenv(REDIS, url)
    [found] = await redis_findings({REDIS: url}, SystemClock())
    assert (found.what, found.good) == ("Redis", False)
    assert REDIS in found.found


@pytest.mark.parametrize(
    ("behind_s", "good", "says"),
    [
        (0, True, "as Redis's"),
        (-5, True, "as Redis's"),
        (90, False, "90 s behind Redis's"),
        (-6, False, "6 s ahead of"),
    ],
)
def test_a_clock_that_is_off_is_said_with_how_far(behind_s: int, good: bool, says: str) -> None:
    found = clock_finding(Skew(timedelta(seconds=behind_s)))
    assert (found.good, says in found.found) == (good, True)


async def test_a_host_that_has_nothing_to_ask_it_with_says_what_it_needs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tapwatt_cli.ops.service_parts.MISSING", "redis")
    [found] = await redis_findings({REDIS: "redis://127.0.0.1:6379/0"}, SystemClock())
    assert (found.good, "pip install 'tapwatt-cli[provider]'" in found.found) == (False, True)
