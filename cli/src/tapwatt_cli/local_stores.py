"""The local Kafka and Redis and the declared topics, as the command uses them: their errors become ours here, once."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import tapwatt_local
from tapwatt.errors import TapwattError
from tapwatt_local.errors import LocalError
from tapwatt_local.jars import cache_folder, kafka_version, locked
from tapwatt_local.java import find_java, major_version
from tapwatt_local.kafka import EmbeddedKafka
from tapwatt_local.processes import require_free
from tapwatt_local.redis_server import EmbeddedRedis, find_redis
from tapwatt_local.topics import Applied, apply, for_one_broker, read_topics


class NotHere(TapwattError):
    """Something that the local ring needs is not on this machine, or did not start."""


@contextmanager
def _in_our_words() -> Iterator[None]:
    try:
        yield
    except LocalError as error:
        raise NotHere(str(error)) from error


def _port(name: str) -> int:
    """A port that somebody has set, or 0 for any."""
    given = os.environ.get(name, "0")
    if not given.isdigit() or int(given) > 65535:
        raise NotHere(f"{name} is {given!r}; it must be a port number, or 0 for any free one")
    return int(given)


def want_port(port: int, setting: str) -> None:
    """Say so if somebody else has this port already."""
    with _in_our_words():
        require_free(port, setting)


@asynccontextmanager
async def kafka_here(folder: Path, tell: Callable[[str], None]) -> AsyncIterator[str]:
    """A Kafka of our own while the context lasts; its bootstrap address."""
    with _in_our_words():
        async with EmbeddedKafka(folder / "kafka", _port("TAPWATT_KAFKA_PORT"), tell=tell) as kafka:
            yield kafka.bootstrap


@asynccontextmanager
async def redis_here(folder: Path, tell: Callable[[str], None]) -> AsyncIterator[str]:
    """A Redis of our own while the context lasts; its URL. `tell` hears which it is."""
    with _in_our_words():
        async with EmbeddedRedis(folder / "redis", _port("TAPWATT_REDIS_PORT")) as redis:
            tell(f"the Redis of this run is {redis.server}")
            yield redis.url


def topics_file() -> Path:
    """Where the topics are declared: TAPWATT_TOPICS_FILE, else the repository's deploy/topics.toml."""
    beside = Path(tapwatt_local.__file__).parents[3] / "topics.toml"
    return Path(os.environ.get("TAPWATT_TOPICS_FILE", beside))


async def with_topics(
    bootstrap: str, *, prefix: str = "", one_broker: bool = True, only_check: bool = False, file: Path | None = None
) -> Applied:
    """Create the declared topics where they are missing, or only compare."""
    with _in_our_words():
        declared = read_topics(file or topics_file())
        wanted = {prefix + name: for_one_broker(one) if one_broker else one for name, one in declared.items()}
        return await apply(bootstrap, wanted, only_check=only_check)


def java_here() -> str:
    """Which Java would run Kafka."""
    with _in_our_words():
        java = find_java()
        return f"{major_version(java)} ({java})"


def redis_server_here() -> str:
    """Which Redis would run."""
    with _in_our_words():
        server = find_redis()
        return f"{server} ({server.binary})"


def jars_here() -> str:
    """Which Kafka would run, and whether its jars are here already."""
    with _in_our_words():
        folder = cache_folder() / f"kafka-{kafka_version()}"
        missing = [jar for jar in locked() if not (folder / jar.file).exists()]
    there = f"in {folder}" if not missing else f"{len(missing)} jars (some 45 MB) are fetched at the first demo"
    return f"{kafka_version()}, {there}"
