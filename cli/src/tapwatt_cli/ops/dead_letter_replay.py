"""Reads the dead letters from Kafka, and brings letters back to the services that dead-lettered them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from tapwatt.clock import Clock
from tapwatt.errors import Unavailable
from tapwatt.facts.topics import Topics
from tapwatt.worker.kafka.header_names import send
from tapwatt.worker.kafka.log_reader import read_log
from tapwatt.worker.kafka.producer import LARGEST_VALUE
from tapwatt_cli.exit_codes import CannotBeDone
from tapwatt_cli.ops.dead_letters import Letter, LetterLog, in_order, marker, replay_of, replays, retry_topic
from tapwatt_cli.ops.kafka_words import away, is_away, reading
from tapwatt_cli.ops.topic_log import NoTopics, partitions_of


class NobodyListens(CannotBeDone):
    """The service that dead-lettered a letter has no topic to hear it from."""


async def read_letters(bootstrap: str, topics: Topics, *, with_values: bool = True) -> list[Letter]:
    """Every dead letter to the end as it is now. Without values a long list needs little memory.

    Unavailable if Kafka cannot be read, NoTopics if it has no topic of dead letters.
    """
    log = LetterLog(with_values=with_values)
    async with reading(bootstrap, "the dead letters"):
        await _require(bootstrap, topics)
        async for one in read_log(bootstrap, [topics.dead_letters]):
            log.add(one)
    return log.letters()


async def replay_letters(
    bootstrap: str, topics: Topics, letters: Sequence[Letter], clock: Clock, by: str, report: Callable[[Letter], None]
) -> None:
    """Replay each letter to the service it is from, then mark it as replayed `by` somebody.

    `report` hears of each once both stand on the log.

    The quarantine of a session ends when the last of its letters was handled by the service.
    Whatever ends this in between leaves a letter that was replayed and still stands. Replaying it once more is no
    harm: handlers may be called again for the same event at any time.
    """
    ordered = in_order(letters)
    await _require_hearers(bootstrap, topics, ordered)
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap, acks="all", enable_idempotence=True, max_request_size=2 * LARGEST_VALUE
    )
    try:
        await producer.start()
        for letter, quarantine, last in replays(ordered):
            await send(producer, replay_of(letter, topics, clock.now(), quarantine, last))
            await send(producer, marker(letter, topics, clock.now(), by))
            report(letter)
    except KafkaError as error:
        refused = f"Kafka at {bootstrap} did not take a replayed letter ({error!r}): try again"
        raise Unavailable(away(bootstrap) if is_away(error) else refused) from error
    finally:
        await producer.stop()


async def _require(bootstrap: str, topics: Topics) -> None:
    if not await _there(bootstrap, {topics.dead_letters}):
        raise NoTopics(
            f"Kafka at {bootstrap} has no topic {topics.dead_letters}; is the topic prefix right? "
            f"A new ring's topics are created with: tapwatt topics --apply --bootstrap {bootstrap}"
        )


async def _require_hearers(bootstrap: str, topics: Topics, letters: Sequence[Letter]) -> None:
    """Look before anything is sent, so that no broker creates a topic by itself that nobody hears."""
    wanted = {retry_topic(letter, topics): letter for letter in letters}
    missing = sorted(set(wanted) - await _there(bootstrap, set(wanted)))
    if missing:
        letter = wanted[missing[0]]
        raise NobodyListens(
            f"{letter.number} was dead-lettered by {letter.dead_lettered_by}, "
            f"and Kafka at {bootstrap} has no topic {missing[0]}: "
            "nothing was replayed"
        )


async def _there(bootstrap: str, names: set[str]) -> set[str]:
    async with reading(bootstrap, "the list of topics"):
        return {partition.topic for partition in await partitions_of(bootstrap, names)}
