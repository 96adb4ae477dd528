"""Why Kafka could not be read, in one sentence that says what to do."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiokafka import errors

from tapwatt.errors import TapwattError, Unavailable
from tapwatt.facts.topics import Topics
from tapwatt.worker.kafka.partitions import partitions_of
from tapwatt_cli.dev.local.processes import free_ports
from tapwatt_cli.ops import kafka_words
from tapwatt_cli.ops.declared_topics import with_topics
from tapwatt_cli.ops.kafka_words import reading
from tapwatt_cli.ops.publishing import publish_offers
from tapwatt_cli.ops.topic_log import read_topics

AWAY = "Kafka at here:9092 does not answer: start it, or correct --bootstrap"


async def said_of(error: Exception) -> str:
    with pytest.raises(Unavailable) as told:
        async with reading("here:9092", "the dead letters"):
            raise error
    return str(told.value)


@pytest.mark.parametrize(
    "error",
    [
        errors.KafkaConnectionError("Unable to bootstrap"),
        errors.KafkaTimeoutError("metadata"),
        errors.NodeNotReadyError("node 1"),
        errors.RequestTimedOutError(),
        ConnectionRefusedError(),
        OSError("no route to host"),
    ],
)
async def test_a_kafka_that_is_away_does_not_answer(error: Exception) -> None:
    assert await said_of(error) == AWAY


@pytest.mark.parametrize(
    ("error", "cure"),
    [
        (errors.TopicAuthorizationFailedError("letters"), "let this user DESCRIBE and READ the topics"),
        (errors.GroupAuthorizationFailedError("group"), "let this user DESCRIBE and READ the topics"),
        (errors.UnsupportedCodecError("Libraries for zstd compression codec not found"), "pip install"),
        (errors.CorruptRecordException("Invalid CRC"), "look into the broker's log"),
        (errors.UnknownTopicOrPartitionError("letters"), "look into the broker's log"),
    ],
)
async def test_a_kafka_that_answers_is_not_said_to_be_away(error: Exception, cure: str) -> None:
    words = await said_of(error)
    assert words.startswith("the dead letters at here:9092 cannot be read, though Kafka answers (")
    assert cure in words
    # and what reads the log has already called it unavailable
    unavailable = Unavailable("the log cannot be read now")
    unavailable.__cause__ = error
    assert await said_of(unavailable) == words


async def test_who_we_are_not_believed_to_be_is_said() -> None:
    assert "does not let us in" in await said_of(errors.SaslAuthenticationFailed("bad password"))


async def test_what_has_a_sentence_of_its_own_keeps_it() -> None:
    assert await said_of(Unavailable("Kafka does not know topic x")) == "Kafka does not know topic x"


@pytest.mark.parametrize("answers", [True, False])
async def test_a_time_that_was_too_short_says_whether_kafka_answers(
    answers: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def asked(bootstrap: str) -> bool:
        return answers

    monkeypatch.setattr(kafka_words, "_answers", asked)
    with pytest.raises(Unavailable) as told:
        async with reading("here:9092", "the dead letters", within_s=0.01):
            await asyncio.sleep(5)
    words = "the dead letters at here:9092 cannot be read to the end in 0.01 s, though Kafka answers: look whether"
    assert str(told.value).startswith(words if answers else AWAY)


async def test_a_topic_that_we_may_not_see_is_no_topic_that_is_missing() -> None:
    class Admin:
        async def describe_topics(self, topics: list[str]) -> list[dict[str, Any]]:
            return [{"topic": topics[0], "error_code": errors.TopicAuthorizationFailedError.errno, "partitions": []}]

    with pytest.raises(Unavailable) as told:
        async with reading("here:9092", "the dead letters"):
            await partitions_of(Admin(), ["letters"])  # type: ignore[arg-type]
    assert "DESCRIBE and READ" in str(told.value)


async def test_the_command_for_topics_and_the_one_for_tariffs_say_the_same_of_a_kafka_that_is_away() -> None:
    nowhere = f"127.0.0.1:{free_ports(1)[0]}"
    for asked in (with_topics(nowhere), read_topics(nowhere, Topics("")), publish_offers(nowhere, Topics(""), [])):
        with pytest.raises(TapwattError) as told:
            await asked
        assert str(told.value) == AWAY.replace("here:9092", nowhere)
