"""A ring on a Kafka and a Redis that are there already, as tests and other people have them, and not alone on them."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from tests.stores.choice import Store

from simulator.fleet.drivers import Waiting
from simulator.fleet.fleet import Fleet
from simulator.fleet.world import World
from simulator.stories import STORIES
from simulator.stories.day import play_day
from simulator.stories.deck import deal
from tapwatt.clock import SystemClock
from tapwatt_cli.dev.demo import settled_audit
from tapwatt_cli.dev.ring import Ring
from tapwatt_cli.dev.ring_process import RingBroken
from tapwatt_cli.dev.ring_settings import RingSettings

pytestmark = [pytest.mark.kafka, pytest.mark.redis, pytest.mark.timeout(180)]

TOLD = {"tap-charge-tap", "one-card-two-cars", "never-started"}


async def test_a_ring_lives_on_given_stores_under_its_own_prefix(
    kafka: Store, redis_store: Store, topic_prefix: str, tmp_path: Path
) -> None:
    # given a Kafka and a Redis that others use, too
    given = RingSettings(tmp_path, bootstrap=kafka.at, redis_url=redis_store.at, topic_prefix=topic_prefix)
    parts = deal(1, 1, "given", [story for story in STORIES if story.name in TOLD])
    # when a ring is put up on them, and drivers live a few stories
    async with Ring(given) as ring:
        async with Fleet(ring.bootstrap, ring.topics, SystemClock()) as fleet, World(ring.provider_url) as world:
            played = await play_day(fleet, world, parts, at_once=3, waiting=Waiting())
            report, _, dead_letters = await settled_audit(ring, world)
        # then every story went as told, and the audit finds nothing
        assert [one.trouble for one in played if one.trouble] == []
        assert report.line == "audit: 4 sessions, 0 lost, 0 twice, 0 wrong"
        assert dead_letters == ()
        # and a service that ends by itself is heard of by name
        running = ring.pid("tariff")
        assert running is not None
        os.kill(running, signal.SIGKILL)
        with pytest.raises(RingBroken, match=r"tariff ended by itself: .*tariff\.log"):
            await ring.broken()
    # and nothing of a store was made in the ring's folder
    assert sorted(one.name for one in tmp_path.iterdir() if one.is_dir()) == ["logs"]
