"""The declared topics: read with their defaults, told in one sentence where they are wrong, complete."""

from __future__ import annotations

from pathlib import Path

import pytest

from tapwatt.facts.events import FACTS
from tapwatt.facts.topics import fact_type
from tapwatt_cli.ops.declared_topics import TopicsError, UnreadableTopics, apply, for_one_broker, read_topics

DECLARED = Path(__file__).parents[4] / "deploy" / "topics.toml"

GOOD = """
[defaults]
partitions = 12
replication = 3
[defaults.config]
"min.insync.replicas" = 2
"retention.ms" = 1000
[topics."a.v1"]
[topics."b.v1"]
partitions = 3
config = { "retention.ms" = -1 }
"""


def _written(folder: Path, text: str) -> Path:
    path = folder / "topics.toml"
    path.write_text(text)
    return path


def test_a_topic_takes_what_it_does_not_say_from_the_defaults(tmp_path: Path) -> None:
    # when
    topics = read_topics(_written(tmp_path, GOOD))
    # then
    assert (topics["a.v1"].partitions, topics["a.v1"].replication) == (12, 3)
    assert topics["a.v1"].config == {"min.insync.replicas": "2", "retention.ms": "1000"}
    assert (topics["b.v1"].partitions, topics["b.v1"].replication) == (3, 3)
    assert topics["b.v1"].config == {"min.insync.replicas": "2", "retention.ms": "-1"}


def test_one_broker_keeps_one_copy_and_asks_for_no_more(tmp_path: Path) -> None:
    # given
    declared = read_topics(_written(tmp_path, GOOD))["a.v1"]
    # when
    local = for_one_broker(declared)
    # then the rest is as declared
    assert (local.replication, local.partitions) == (1, 12)
    assert local.config == {"min.insync.replicas": "1", "retention.ms": "1000"}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('[defaults]\nreplication = 1\n[topics."a"]\n', "topic a: partitions: Field required"),
        ('[topics."a"]\npartitions = 0\nreplication = 1\n', "topic a: partitions: Input should be greater than"),
        ('[topics."a"]\npartitions = 1\nreplication = 1\nretention = 5\n', "topic a: retention: Extra inputs"),
        ("[topics\n", "is not TOML"),
    ],
)
def test_a_wrong_declaration_is_told_by_topic_and_field(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(UnreadableTopics) as told:
        read_topics(_written(tmp_path, text))
    assert sentence in str(told.value)
    assert str(tmp_path) in str(told.value)
    assert "\n" not in str(told.value)


def test_a_file_that_is_not_there_is_told_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(UnreadableTopics, match=r"nothing\.toml cannot be read .*it declares the topics"):
        read_topics(tmp_path / "nothing.toml")


def test_every_fact_has_a_declared_topic_and_all_have_the_same_partitions() -> None:
    # given what the ring runs with
    declared = read_topics(DECLARED)
    # then a key has the same partition number in every topic of facts
    assert {declared[fact_type(fact)].partitions for fact in FACTS} == {12}
    assert {topic.replication for topic in declared.values()} == {3}
    assert {topic.config["min.insync.replicas"] for topic in declared.values()} == {"2"}


async def test_a_kafka_that_is_down_is_one_sentence() -> None:
    with pytest.raises(TopicsError, match=r"Kafka at 127\.0\.0\.1:1 does not answer: start it"):
        await apply("127.0.0.1:1", {})
