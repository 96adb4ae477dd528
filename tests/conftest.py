"""What every test may ask for: a real Kafka, a real Redis, and topics of its own on them."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from tests.stores import choice

from tapwatt_cli.dev.local.kafka import EmbeddedKafka
from tapwatt_cli.ops.declared_topics import apply, for_one_broker, read_topics

ROOT = Path(__file__).parents[1]
DECLARED = ROOT / "deploy" / "topics.toml"

MakeTopics = Callable[..., Awaitable[str]]


def pytest_report_header() -> str:
    kind, why = choice.choose()
    return f"real Kafka and Redis: {kind} ({why})"


@pytest.fixture(scope="session")
def kafka() -> Iterator[choice.Store]:
    """A real Kafka for the whole run; each test keeps to topics of its own."""
    with choice.kafka(choice.chosen()) as store:
        yield store


@pytest.fixture(scope="session")
def redis_store() -> Iterator[choice.Store]:
    """A real Redis for the whole run; each test keeps to keys of its own."""
    with choice.redis(choice.chosen()) as store:
        yield store


@pytest.fixture(scope="session")
def redis_url(redis_store: choice.Store) -> str:
    """Where the run's real Redis is."""
    return redis_store.at


@pytest.fixture
def topic_prefix() -> str:
    """A prefix that no other test has."""
    return f"t{uuid.uuid4().hex[:10]}."


@pytest.fixture
async def own_kafka(tmp_path: Path) -> AsyncIterator[EmbeddedKafka]:
    """A Kafka of this test's own, which it may kill."""
    async with EmbeddedKafka(tmp_path / "kafka") as kafka:
        yield kafka


@pytest.fixture
def make_topics(topic_prefix: str) -> MakeTopics:
    """Creates the declared topics under this test's prefix, with so many partitions; returns the prefix."""

    async def make(bootstrap: str, partitions: int = 1, extra: tuple[str, ...] = ()) -> str:
        declared = {name: for_one_broker(topic) for name, topic in read_topics(DECLARED).items()}
        some = next(iter(declared.values()))
        declared |= dict.fromkeys(extra, some)
        own = {
            topic_prefix + name: topic.model_copy(update={"partitions": partitions}) for name, topic in declared.items()
        }
        await apply(bootstrap, own)
        return topic_prefix

    return make
