"""What every test may ask for: a real Kafka, a real Redis, and topics of its own on them."""

from __future__ import annotations

import platform
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path

import pytest
from tests.stores import choice

from tapwatt_cli.dev.local.kafka import EmbeddedKafka
from tapwatt_cli.ops.declared_topics import apply, for_one_broker, read_topics

ROOT = Path(__file__).parents[1]
DECLARED = ROOT / "deploy" / "topics.toml"

MakeTopics = Callable[..., Awaitable[str]]
RAN_ON = "ran on"


def pytest_report_header() -> str:
    kind, why = choice.choose()
    places = " and ".join(choice.redis_places())
    return f"real Kafka and Redis: {kind} ({why}); what speaks to Redis: {places}, Python {platform.python_version()}"


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_call(item: pytest.Function) -> None:
    """Note on which real Redis a test runs that is run on each; its fixtures have started it by now."""
    parameters = item.callspec.params.values() if hasattr(item, "callspec") else ()
    item.user_properties += [(RAN_ON, f"{choice.SAID[p]} ({p})") for p in choice.redis_places() if p in parameters]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Which Redis or Valkey really ran, and for how many tests."""
    done = [report for kind in ("passed", "failed") for report in terminalreporter.getreports(kind)]
    ran = Counter(value for report in done for name, value in report.user_properties if name == RAN_ON)
    for product, tests in sorted(ran.items()):
        terminalreporter.write_line(f"{tests} tests ran on {product}")


@pytest.fixture(scope="session")
def kafka() -> Iterator[choice.Store]:
    """A real Kafka for the whole run; each test keeps to topics of its own."""
    with choice.kafka(choice.chosen()) as store:
        yield store


@pytest.fixture(scope="session")
def start_redis() -> Iterator[choice.StartRedis]:
    """Starts a real Redis of `choice.redis_places()`, once for the whole run; each test keeps to keys of its own."""
    with ExitStack() as running:
        yield cache(lambda place: running.enter_context(choice.redis(place)))


@pytest.fixture(scope="session")
def redis_store(start_redis: choice.StartRedis) -> choice.Store:
    """The run's real Redis."""
    return start_redis(choice.redis_places()[0])


@pytest.fixture(scope="session", params=choice.redis_places())
def redis_url(request: pytest.FixtureRequest, start_redis: choice.StartRedis) -> str:
    """Where a real Redis is; whoever asks runs on each, Redis and Valkey."""
    return start_redis(request.param).at


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
