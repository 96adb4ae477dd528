"""The doctor tells of each topic that is not as it is declared, and of the command that makes it so."""

from __future__ import annotations

import socket
import time

from tapwatt.facts.topics import Topics
from tapwatt_cli.ops.commands.doctor import kafka_findings
from tapwatt_cli.ops.declared_topics import Applied, Declared, Differs, _difference
from tapwatt_cli.ops.findings import Finding
from tapwatt_cli.ops.topic_findings import findings

LARGER = {"max.message.bytes": "1310720", "message.timestamp.type": "LogAppendTime"}


def test_a_topic_that_is_as_declared_differs_in_nothing() -> None:
    assert _difference("a", 12, LARGER, Declared(partitions=12, replication=3, config=LARGER)) == Differs("a", ())
    assert findings("k:9", Applied([], ["a", "b"], [], [])) == [Finding("topics", True, "2, as declared")]


def test_what_an_older_ring_has_to_raise_is_one_line_a_topic_with_the_command_that_does_it() -> None:
    has = {"max.message.bytes": "1048588", "message.timestamp.type": "CreateTime"}
    differs = _difference("a", 12, has, Declared(partitions=12, replication=3, config=LARGER))
    assert Applied([], ["a"], [differs], []).differs == [
        "topic a has max.message.bytes = 1048588 and 1310720 is declared; it is left as it is",
        "topic a has message.timestamp.type = CreateTime and LogAppendTime is declared; it is left as it is",
    ]
    [finding] = findings("k:9", Applied([], ["a"], [differs], []))
    assert (finding.what, finding.good) == ("topic a", False)
    assert finding.found == (
        "max.message.bytes = 1048588 and 1310720 is declared, message.timestamp.type = CreateTime and LogAppendTime is "
        "declared"
    )
    assert finding.advice == (
        "kafka-configs.sh --bootstrap-server k:9 --alter --entity-type topics --entity-name a "
        "--add-config max.message.bytes=1310720,message.timestamp.type=LogAppendTime"
    )


def test_a_value_with_commas_is_given_as_one() -> None:
    differs = _difference(
        "a", 1, {}, Declared(partitions=1, replication=1, config={"cleanup.policy": "compact,delete"})
    )
    [finding] = findings("k:9", Applied([], ["a"], [differs], []))
    assert finding.found == "cleanup.policy = nothing and compact,delete is declared"
    assert finding.advice.endswith("--add-config cleanup.policy=[compact,delete]")


def test_other_partitions_are_no_configuration_and_what_is_missing_is_one_line() -> None:
    differs = _difference("a", 6, {}, Declared(partitions=12, replication=3))
    moved, missing = findings("k:9", Applied([], ["a"], [differs], ["b", "c", "d", "e", "f"]))
    assert moved.found == "6 partitions and 12 are declared, but keys would move"
    assert "kafka-configs" not in moved.advice
    assert (missing.found, missing.advice) == (
        "b, c, d and 2 more are missing",
        "tapwatt topics --apply --bootstrap k:9",
    )


def test_a_kafka_that_does_not_answer_is_a_finding_beside_the_others() -> None:
    [finding] = kafka_findings("127.0.0.1:1", Topics())
    assert (finding.what, finding.good) == ("Kafka there", False)
    assert finding.found == "Kafka at 127.0.0.1:1 does not answer: start it, or correct --bootstrap"


def test_a_broker_that_takes_connections_and_says_nothing_is_said_within_ten_seconds() -> None:
    with socket.create_server(("127.0.0.1", 0)) as frozen:
        at = "{}:{}".format(*frozen.getsockname())
        begun = time.monotonic()
        [finding] = kafka_findings(at, Topics())
        assert time.monotonic() - begun < 10
    assert finding.found == f"Kafka at {at} does not answer: start it, or correct --bootstrap"
