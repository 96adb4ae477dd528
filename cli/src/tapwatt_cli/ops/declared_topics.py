"""Creates the topics that deploy/topics.toml declares, and tells where those that exist differ."""

from __future__ import annotations

import asyncio
import os
import tomllib
from dataclasses import dataclass
from pathlib import Path

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tapwatt_cli.exit_codes import CannotBeDone, Unusable
from tapwatt_cli.ops.kafka_words import away, is_away

_METADATA_S = 60.0

PACKED = Path(__file__).with_name("topics.toml")
"""The declaration as it comes with an installed package."""

IN_THE_TREE = Path(__file__).parents[4] / "deploy" / "topics.toml"
"""The declaration in the repository, of which the packed one is a copy."""


class TopicsError(CannotBeDone):
    """Kafka did not take the declared topics, or did not tell of its own."""


class UnreadableTopics(Unusable):
    """The file that declares the topics cannot be read."""


def topics_file() -> Path:
    """Where the topics are declared: TAPWATT_TOPICS_FILE, else what came with the package, else deploy/topics.toml."""
    given = os.environ.get("TAPWATT_TOPICS_FILE")
    return Path(given) if given else PACKED if PACKED.exists() else IN_THE_TREE


class Declared(BaseModel):
    """A topic as it should be."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    partitions: int = Field(ge=1, le=1000)
    replication: int = Field(ge=1, le=9)
    config: dict[str, str] = {}


@dataclass(frozen=True, slots=True)
class Differs:
    """A topic that is not as declared: what it has, in words; what was declared of its configuration, key and value."""

    topic: str
    has: tuple[str, ...]
    config: tuple[tuple[str, str], ...] = ()
    moves_keys: bool = False


@dataclass(frozen=True, slots=True)
class Applied:
    """What was done: topics made, topics that were there already, those that differ, those that are still missing."""

    made: list[str]
    there: list[str]
    differing: list[Differs]
    missing: list[str]

    @property
    def differs(self) -> list[str]:
        """One sentence for each difference."""
        said = [f"topic {one.topic} has {has}; it is left as it is" for one in self.differing for has in one.has]
        return said + [f"topic {name} does not exist" for name in self.missing]


def read_topics(path: Path) -> dict[str, Declared]:
    """The declared topics by name; each takes what it does not say from [defaults]."""
    try:
        declared = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UnreadableTopics(f"{path} cannot be read ({error.strerror}): it declares the topics") from None
    except tomllib.TOMLDecodeError as error:
        raise UnreadableTopics(f"{path} is not TOML: {error}") from None
    defaults = declared.get("defaults", {})
    topics = {}
    for name, own in declared.get("topics", {}).items():
        config = {**defaults.get("config", {}), **own.get("config", {})}
        merged = {**defaults, **own, "config": {key: str(value) for key, value in config.items()}}
        try:
            topics[name] = Declared.model_validate(merged)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            where = ".".join(str(part) for part in first["loc"])
            raise UnreadableTopics(f"{path}: topic {name}: {where}: {first['msg']}") from None
    return topics


def for_one_broker(declared: Declared) -> Declared:
    """The same topic where there is only one broker: a demo, a test."""
    config = {**declared.config, "min.insync.replicas": "1"}
    return declared.model_copy(update={"replication": 1, "config": config})


async def with_topics(
    bootstrap: str, *, prefix: str = "", one_broker: bool = True, only_check: bool = False, file: Path | None = None
) -> Applied:
    """Create the declared topics where they are missing, or only compare."""
    declared = read_topics(file or topics_file())
    wanted = {prefix + name: for_one_broker(one) if one_broker else one for name, one in declared.items()}
    return await apply(bootstrap, wanted, only_check=only_check)


async def apply(bootstrap: str, topics: dict[str, Declared], *, only_check: bool = False) -> Applied:
    """Create what is missing and compare what is there. TopicsError if Kafka does not answer or refuses a topic.

    It returns when every new partition can be written to and read.
    """
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    try:
        await admin.start()
        there = {d["topic"]: len(d["partitions"]) for d in await admin.describe_topics() if d["topic"] in topics}
        missing = [name for name in topics if name not in there]
        if missing and not only_check:
            new = {name: topics[name] for name in missing}
            await _create(admin, new)
            await _until_known(admin, missing)
            await _until_led(bootstrap, new)
        configs = await _configs(admin, {name: topics[name] for name in there})
    except (KafkaError, OSError) as error:
        said = away(bootstrap) if is_away(error) else f"Kafka at {bootstrap} did not take the topics: {error!r}"
        raise TopicsError(said) from None
    finally:
        await admin.close()
    compared = (_difference(name, there[name], configs[name], topics[name]) for name in sorted(there))
    differing = [one for one in compared if one.has]
    return Applied([] if only_check else missing, sorted(there), differing, missing if only_check else [])


def _difference(name: str, partitions: int, config: dict[str, str], declared: Declared) -> Differs:
    moves_keys = partitions != declared.partitions
    other = tuple((key, wanted) for key, wanted in sorted(declared.config.items()) if config.get(key) != wanted)
    has = [f"{partitions} partitions and {declared.partitions} are declared, but keys would move"] if moves_keys else []
    has += [f"{key} = {config.get(key, 'nothing')} and {wanted} is declared" for key, wanted in other]
    return Differs(name, tuple(has), other, moves_keys)


async def _configs(admin: AIOKafkaAdminClient, topics: dict[str, Declared]) -> dict[str, dict[str, str]]:
    """What is configured of the keys that are declared, by topic."""
    asked = [
        ConfigResource(ConfigResourceType.TOPIC, name, dict.fromkeys(declared.config))
        for name, declared in topics.items()
        if declared.config
    ]
    found: dict[str, dict[str, str]] = {name: {} for name in topics}
    for answer in await admin.describe_configs(asked) if asked else []:
        for code, why, _, name, entries in answer.resources:
            if code:
                raise TopicsError(
                    f"Kafka did not tell how topic {name} is configured: {why or for_code(code).__name__}"
                )
            found[name] = {key: value for key, value, *_ in entries}
    return found


async def _create(admin: AIOKafkaAdminClient, topics: dict[str, Declared]) -> None:
    new = [NewTopic(name, t.partitions, t.replication, topic_configs=t.config) for name, t in topics.items()]
    answer = await admin.create_topics(new)
    for name, code, *why in answer.topic_errors:
        if code and for_code(code) is not TopicAlreadyExistsError:
            raise TopicsError(f"Kafka refused topic {name}: {why[0] if why and why[0] else for_code(code).__name__}")


async def _until_known(admin: AIOKafkaAdminClient, names: list[str]) -> None:
    async with asyncio.timeout(_METADATA_S):
        while True:
            told = await admin.describe_topics(names)
            if all(t["error_code"] == 0 and all(p["leader"] >= 0 for p in t["partitions"]) for t in told):
                return
            await asyncio.sleep(0.05)


async def _until_led(bootstrap: str, topics: dict[str, Declared]) -> None:
    """A broker makes a topic's logs some time after it is known; until then it says that it does not lead it."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False)
    await consumer.start()
    try:
        async with asyncio.timeout(_METADATA_S):
            partitions = [TopicPartition(name, n) for name, one in topics.items() for n in range(one.partitions)]
            await consumer.end_offsets(partitions)
    finally:
        await consumer.stop()
