"""Redis loses everything in the middle of a day: what was known is read from the log again, and no cent is lost."""

from __future__ import annotations

from pathlib import Path

import pytest
from redis import Redis

from simulator.stories.day import Played
from tapwatt_cli.dev.demo import Orders, Watcher, run_day
from tapwatt_cli.dev.ring import Ring
from tapwatt_cli.dev.ring_settings import RingSettings

pytestmark = [pytest.mark.kafka, pytest.mark.redis, pytest.mark.timeout(240)]

FLUSH_AFTER = 12


class FlushInTheMiddle(Watcher):
    """Empties Redis once some stories have ended, while the others go on."""

    def __init__(self, redis_url: str) -> None:
        self._redis = Redis.from_url(redis_url)
        self.ended = 0

    def played(self, one: Played) -> None:
        """A story has ended."""
        self.ended += 1
        if self.ended == FLUSH_AFTER:
            self._redis.flushall()


async def test_s21_redis_is_emptied_in_the_middle_of_a_day_and_nothing_is_lost(tmp_path: Path) -> None:
    # given a whole ring and sixty sessions
    async with Ring(RingSettings(tmp_path)) as ring:
        watcher = FlushInTheMiddle(ring.redis_url)
        # when Redis forgets everything while they charge
        day = await run_day(ring, Orders(seed=21, run="flushed"), watcher)
    # then every session is settled, to the cent, and each service has rebuilt what it knows from the log
    assert watcher.ended > FLUSH_AFTER
    assert day.report.differences == ()
    assert day.report.line == "audit: 60 sessions, 0 lost, 0 twice, 0 wrong"
    assert [one.trouble for one in day.played if one.trouble] == []
    for service in ("authoriser", "token-matcher", "tariff", "capturer"):
        rebuilt = [line for line in (ring.logs / f"{service}.log").read_text().splitlines() if "view rebuilt" in line]
        assert len(rebuilt) == 2, service
        assert '"records": 0' not in rebuilt[1]
