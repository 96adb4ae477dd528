"""A Redis that comes back as it was at any moment, as a failover or a power cut leaves it: nothing slips between."""

from __future__ import annotations

import re
from pathlib import Path
from random import Random

import pytest
from tests.contract.test_view_goes_on import CLOCK, Log, service_on
from tests.stores import choice

from tapwatt_cli.dev.local.redis_server import EmbeddedRedis

pytestmark = [pytest.mark.redis, pytest.mark.timeout(180)]


async def _lived(redis: EmbeddedRedis, records: int, noted_every: int) -> Log:
    """A service that handled so many records one by one, and noted now and then how far it was."""
    log = Log()
    async with service_on(redis.url, log) as service:
        await service.made_whole()
        await service.view.checkpoint({"t/0": "0"})
        for number in range(records):
            log.sessions.append(f"op/s-{number}")
            await service.handle(f"op/s-{number}")
            if (number + 1) % noted_every == 0:
                await service.view.checkpoint({"t/0": str(number + 1)})
    return log


def _commands(written: bytes) -> list[int]:
    """Where each command of an append-only file ends."""
    ends, at = [], 0
    while at < len(written):
        parts = int(written[at + 1 : written.index(b"\r\n", at)])
        at = written.index(b"\r\n", at) + 2
        for _ in range(parts):
            size = int(written[at + 1 : written.index(b"\r\n", at)])
            at = written.index(b"\r\n", at) + 2 + size + 2
        ends.append(at)
    return ends


def _cuts(written: bytes, chance: Random, many: int) -> list[int]:
    ends = _commands(written)
    # after a whole command, and in the middle of one
    return [*sorted(max(chance.choice(ends) - chance.choice((0, 0, 3)), 0) for _ in range(many)), len(written)]


async def test_from_whatever_moment_redis_comes_back_nothing_slips_between(tmp_path: Path):
    """Its file is cut at any point, as a failover or a power cut leaves it: a state that it had at some moment."""
    redis = EmbeddedRedis(tmp_path / "lived", choice=choice.redis_places()[-1])
    await redis.start()
    try:
        log = await _lived(redis, records=30, noted_every=7)
    finally:
        await redis.stop()
    (file,) = (tmp_path / "lived" / "appendonlydir").glob("*.incr.aof")
    written = file.read_bytes()
    went_on = 0
    for number, cut in enumerate(_cuts(written, Random(11), 24)):
        # given a Redis that came back as it was then
        folder = tmp_path / f"cut-{number}"
        _copied(tmp_path / "lived", folder, file.name, written[:cut])
        back = EmbeddedRedis(folder, choice=choice.redis_places()[-1])
        await back.start()
        try:
            async with service_on(back.url, log) as service:
                # then it knows all there is, however much of that it had lost
                applied = await service.made_whole()
                assert await service.knows() == log.sessions, f"cut at {cut} of {len(written)}"
                noted = len(log.sessions) - (applied or 0)
                went_on += noted > 0
                # and what is due is due
                due = await service.due.take("look", CLOCK.now(), at_most=100, again_s=60)
                assert sorted(due) == sorted(log.sessions)
        finally:
            await back.stop()
    # and most of the time it had not to begin at the beginning
    assert went_on > 12


def _copied(source: Path, target: Path, cut_file: str, content: bytes) -> None:
    directory = target / "appendonlydir"
    directory.mkdir(parents=True)
    for path in (source / "appendonlydir").iterdir():
        (directory / path.name).write_bytes(content if path.name == cut_file else path.read_bytes())
    assert any(re.search("manifest$", path.name) for path in directory.iterdir())
