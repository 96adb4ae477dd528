"""The exporter on a real Kafka: what it tells is what was said, and what it does not know it does not tell."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from tests.conftest import MakeTopics
from tests.integration.exporter_process import Told, exporting, put, say
from tests.integration.worker_process import produce
from tests.stores.choice import Store
from tests.unit.watch import said
from tests.unit.watch.moved import WRITTEN

from tapwatt.facts.events import FACTS, SessionRequested
from tapwatt.facts.topics import Topics
from tapwatt.worker.moved_records import Delay, Kind, dead_letter, delayed
from tapwatt.worker.quarantined_sessions import Quarantine, Quarantined
from tapwatt.worker.records import Outgoing
from tapwatt_cli.dev.local.kafka import EmbeddedKafka
from tapwatt_cli.dev.local.processes import Child

EUR = "currency=EUR"
OP = "operator=op"
HELD = ("tapwatt_held_minor_units", EUR, OP)
LETTERS = "tapwatt_dead_letters_standing"


def money(told: Told, movement: str) -> float | None:
    return told.get(("tapwatt_money_minor_units_total", EUR, f"movement={movement}", OP))


def settled(told: Told, outcome: str) -> float | None:
    return told.get(("tapwatt_sessions_settled_total", OP, f"outcome={outcome}"))


def unsettled(told: Told, state: str) -> float | None:
    return told.get(("tapwatt_sessions_unsettled", f"state={state}"))


async def test_holds_and_money_are_what_was_said_and_a_restart_makes_no_spike(
    kafka: Store, make_topics: MakeTopics, tmp_path: Path
) -> None:
    topics = Topics(await make_topics(kafka.at, partitions=3))
    now = datetime.now(UTC)
    # given a session that goes on and one that was settled before the exporter is there, and records that are no facts
    stood = said.hold().model_copy(update={"authorised_at": now, "expires_at": now + timedelta(minutes=30)})
    before = [said.authorised("a", hold=stood), said.authorised("b"), said.ended("b"), said.captured("b")]
    await say(kafka.at, topics, before)
    await put(kafka.at, [Outgoing(topics.of(fact), b"a", b"\xff{", [("ce_id", b"\xff")]) for fact in FACTS])
    async with exporting(kafka.at, topics.prefix, tmp_path) as exporter:
        told = await exporter.until(lambda told: told.get(HELD) == 5000)
        # then what stands is told, and nothing that happened before is counted
        assert unsettled(told, "charging") == 1
        assert told[("tapwatt_holds_expiring_within_an_hour", OP)] == 1
        assert told[("tapwatt_open_holds", "age=1h", EUR, OP)] == 1
        assert (money(told, "held"), money(told, "captured"), settled(told, "captured")) == (0, 0, 0)
        # when sessions go on
        later = [
            *(said.authorised("c"), said.ended("c"), said.priced("c"), said.captured("c", taken=1200, shortfall=34)),
            *(said.authorised("d"), said.cancelled("d"), said.released("d")),
            *(said.authorised("e"), said.ended("e"), said.failed("e", uncollected=700)),
            *(said.authorised("f"), said.ended("f"), said.disputed("f")),
            *(said.authorised("g"), said.ended("g"), said.priced("g"), said.priced("g")),
            *(said.refunded("c", amount=200), said.charged_back("c", amount=300), said.captured("c", taken=1200)),
        ]
        await say(kafka.at, topics, later)
        told = await exporter.until(lambda told: settled(told, "failed") and money(told, "charged_back"))
        told = await exporter.until(lambda told: told.get(HELD) == 15000 and unsettled(told, "priced") == 1)
        # then money and sessions are counted once, whatever comes twice
        assert {what: money(told, what) for what in ("held", "captured", "released", "shortfall", "uncollected")} == {
            "held": 25000,
            "captured": 1200,
            "released": 3800 + 5000,
            "shortfall": 34,
            "uncollected": 700,
        }
        assert (money(told, "refunded"), money(told, "charged_back"), money(told, "waived")) == (200, 300, 0)
        assert [settled(told, outcome) for outcome in ("captured", "shortfall", "released", "failed")] == [0, 1, 1, 1]
        assert [unsettled(told, state) for state in ("charging", "ended", "priced")] == [1, 1, 1]
        assert told[("tapwatt_disputes_standing", "doubt=implausible_energy")] == 1
        assert told[("tapwatt_oldest_unsettled_seconds", "state=ended")] == 0
        assert told[("tapwatt_ended_to_settled_seconds_count", "outcome=captured")] == 1
        assert told[("tapwatt_authorised_to_settled_seconds_count", "outcome=failed")] == 1
        assert told[("tapwatt_site_facts_total", "fact=Authorised", OP, "site=site")] == 5
        assert told[("tapwatt_site_open_sessions", OP, "site=site")] == 3
    # and when it is started again, the gauges are the same and the counters begin anew
    async with exporting(kafka.at, topics.prefix, tmp_path) as exporter:
        told = await exporter.until(lambda told: told.get(HELD) == 15000)
        assert [unsettled(told, state) for state in ("charging", "ended", "priced")] == [1, 1, 1]
        assert (money(told, "held"), money(told, "captured"), settled(told, "shortfall")) == (0, 0, 0)
        _, openmetrics = await exporter.text(Accept="application/openmetrics-text; version=1.0.0")
        assert openmetrics.rstrip().endswith("# EOF")


async def replay(bootstrap: str, prefix: str) -> None:
    arguments = ("dlq", "replay", "--everything", "--bootstrap", bootstrap, "--topic-prefix", prefix, "--yes")
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tapwatt_cli", *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    _, error = await process.communicate()
    assert process.returncode == 0, error


async def test_a_dead_letter_stands_until_it_is_replayed_whoever_is_started_again(
    kafka: Store, make_topics: MakeTopics, tmp_path: Path
) -> None:
    topics = Topics(await make_topics(kafka.at, partitions=2))
    poison = (LETTERS, "kind=poison", "service=capturer")
    letter = dead_letter(WRITTEN, topics.dead_letters, "capturer", Kind.POISON, "no fact", datetime.now(UTC))
    async with exporting(kafka.at, topics.prefix, tmp_path) as exporter:
        assert (await exporter.told())[poison] == 0
        await put(kafka.at, [letter])
        await exporter.until(lambda told: told[poison] == 1)
    async with exporting(kafka.at, topics.prefix, tmp_path) as exporter:
        await exporter.until(lambda told: told[poison] == 1)
        assert (await exporter.told())[("tapwatt_oldest_dead_letter_seconds", "service=capturer")] > 0
        await replay(kafka.at, topics.prefix)
        # it waits for the service now, which is not there
        told = await exporter.until(lambda told: told[poison] == 0)
        await exporter.until(lambda told: told[("tapwatt_delayed_records", "kind=replay", "service=capturer")] == 1)
    async with exporting(kafka.at, topics.prefix, tmp_path) as exporter:
        told = await exporter.told()
        assert told[poison] == 0
        assert told[("tapwatt_delayed_records", "kind=replay", "service=capturer")] == 1


async def commit(bootstrap: str, group: str, topic: str, offset: int) -> None:
    log = AIOKafkaConsumer(topic, bootstrap_servers=bootstrap, group_id=group, enable_auto_commit=False)
    await log.start()
    await log.commit({TopicPartition(topic, 0): offset})
    await log.stop()


async def test_a_delayed_record_waits_until_its_group_has_committed_it(
    kafka: Store, make_topics: MakeTopics, tmp_path: Path
) -> None:
    topics = Topics(await make_topics(kafka.at))
    retry, group = topics.retry("tariff", "minute"), f"{topics.prefix}tariff"
    due = datetime.now(UTC) - timedelta(seconds=30)
    unknown = ("kind=unknown", "service=tariff")
    # given a record that is overdue, after one that was done before
    records = [delayed(WRITTEN, retry, Delay("a/0/1", tries, due), Kind.UNKNOWN, "why") for tries in (1, 3)]
    await put(kafka.at, records)
    await commit(kafka.at, group, retry, 1)
    async with exporting(kafka.at, topics.prefix, tmp_path) as exporter:
        told = await exporter.told()
        assert told[("tapwatt_delayed_records", *unknown)] == 1
        # it was tried twice before, a minute apart
        assert 120 <= told[("tapwatt_oldest_delayed_record_seconds", *unknown)] < 180
        assert 30 <= told[("tapwatt_retry_overdue_seconds", "service=tariff")] < 90
        # when it is done
        await commit(kafka.at, group, retry, 2)
        told = await exporter.until(lambda told: told[("tapwatt_delayed_records", *unknown)] == 0)
        assert told[("tapwatt_retry_overdue_seconds", "service=tariff")] == 0


async def test_a_quarantined_session_is_told_until_it_is_released(
    kafka: Store, make_topics: MakeTopics, tmp_path: Path
) -> None:
    topics = Topics(await make_topics(kafka.at))
    writer, stands = Quarantine(topics.quarantine("capturer")), Quarantined("two holds", "a/0/1", "then")
    with writer.deciding(b"op/1", stands) as begins:
        await put(kafka.at, [begins])
    capturer = "service=capturer"
    async with exporting(kafka.at, topics.prefix, tmp_path) as exporter:
        told = await exporter.told()
        assert told[("tapwatt_quarantined_sessions", capturer)] == 1
        assert told[("tapwatt_oldest_quarantine_seconds", capturer)] > 0
        assert told[("tapwatt_quarantined_sessions", "service=tariff")] == 0
        await put(kafka.at, [writer.released(b"op/1", stands)])
        told = await exporter.until(lambda told: told[("tapwatt_quarantined_sessions", capturer)] == 0)
        assert told[("tapwatt_oldest_quarantine_seconds", capturer)] == 0


async def test_the_lag_of_a_group_that_stands_still_is_told_in_records_and_seconds(
    kafka: Store, make_topics: MakeTopics, tmp_path: Path
) -> None:
    topics = Topics(await make_topics(kafka.at))
    topic, group = topics.of(SessionRequested), f"{topics.prefix}authoriser"
    of = (f"group={group}", "partition=0", f"topic={topic}")
    async with exporting(kafka.at, topics.prefix, tmp_path) as exporter:
        await produce(kafka.at, topic, range(4))
        produced = time.time()
        await exporter.until(lambda told: told.get(("tapwatt_consumer_lag_records", *of)) == 4)
        told = await exporter.until(lambda told: told[("tapwatt_consumer_lag_seconds", *of)] >= 5, within_s=30)
        assert told[("tapwatt_consumer_lag_seconds", *of)] <= time.time() - produced + 1
        assert told[("tapwatt_consumer_group_members", f"group={group}")] == 0
        await commit(kafka.at, group, topic, 4)
        told = await exporter.until(lambda told: told[("tapwatt_consumer_lag_records", *of)] == 0)
        assert told[("tapwatt_consumer_lag_seconds", *of)] == 0


KNOWN = ("sessions", "dead_letters", "delayed", "quarantine", "lag")
OF_EACH = (
    "tapwatt_sessions_unsettled",
    LETTERS,
    "tapwatt_delayed_records",
    "tapwatt_quarantined_sessions",
    "tapwatt_consumer_lag_records",
)


def known(told: Told) -> float:
    """Of how many things it knows what it tells."""
    return sum(told[("tapwatt_exporter_up_to_date", f"of={of}")] for of in KNOWN)


async def test_while_the_broker_is_frozen_nothing_is_told_that_is_not_known(
    own_kafka: EmbeddedKafka, make_topics: MakeTopics, tmp_path: Path
) -> None:
    topics = Topics(await make_topics(own_kafka.bootstrap))
    await say(own_kafka.bootstrap, topics, [said.authorised()])
    pid = own_kafka.pid
    assert pid is not None
    async with exporting(own_kafka.bootstrap, topics.prefix, tmp_path) as exporter:
        told = await exporter.until(lambda told: known(told) == 5)
        assert told[("tapwatt_kafka_up",)] == 1
        os.kill(pid, signal.SIGSTOP)
        try:
            began = time.monotonic()
            await exporter.until(lambda told: known(told) == 0 and told[("tapwatt_kafka_up",)] == 0)
            took = time.monotonic() - began
            told = await exporter.told()
            assert not {name for name, *_ in told} & set(OF_EACH)
            assert took < 20
            status, words = await exporter.text("/readyz")
            assert status == 200
            assert "does not answer within 5 s" in words
        finally:
            os.kill(pid, signal.SIGCONT)
        # then it heals by itself, and what was said meanwhile is heard
        await say(own_kafka.bootstrap, topics, [said.authorised("2")])
        told = await exporter.until(lambda told: known(told) == 5 and told[("tapwatt_kafka_up",)] == 1, within_s=40)
        told = await exporter.until(lambda told: told[HELD] == 10000)
        assert {name for name, *_ in told} >= set(OF_EACH)
        assert money(told, "held") == 5000


async def test_labels_are_bounded_and_name_no_card_no_session_and_no_driver(
    kafka: Store, make_topics: MakeTopics, tmp_path: Path
) -> None:
    topics = Topics(await make_topics(kafka.at, partitions=3))
    canary = "4929907390318794"
    async with exporting(kafka.at, topics.prefix, tmp_path, TAPWATT_EXPORTER_MOST_OPERATORS="3") as exporter:
        few = len(await exporter.told())
        # given 10,000 sites, many operators, and canaries where a driver, a card or a session is named
        many = [said.authorised(f"{canary}-{number}", site=f"site-{number}") for number in range(10_000)]
        many += [said.authorised(f"{canary}-o{number}", operator=f"operator-{number}") for number in range(200)]
        await say(kafka.at, topics, many)
        await say(kafka.at, topics, [said.disputed(f"{canary}-1", why=f"driver {canary}"), said.decided(f"{canary}-1")])
        letter = dead_letter(WRITTEN, topics.dead_letters, canary, Kind.POISON, canary, datetime.now(UTC))
        await put(kafka.at, [letter])
        count = ("tapwatt_site_facts_total", "fact=Authorised")
        sites = await exporter.until(
            lambda told: sum(value for name, value in told.items() if name[:2] == count) == len(many), within_s=60
        )
        # then the first sites are told apart, and the others together
        assert sites[(*count, OP, "site=other")] >= 9000
        assert len(sites) - few < 1000 * 8 + 500
        status, text = await exporter.text()
        assert status == 200
        assert canary not in text
        assert "a" * 64 not in text
        assert text.count('operator="other"') > 0
        # and a scrape of all that is soon done
        began = time.monotonic()
        await exporter.text()
        assert time.monotonic() - began < 3


async def test_a_topic_that_is_missing_is_named_and_the_rest_is_told(
    kafka: Store, make_topics: MakeTopics, tmp_path: Path
) -> None:
    # given a ring whose topic of quarantines was not made yet
    topics = Topics(await make_topics(kafka.at))
    missing = topics.quarantine("tariff")
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.at)
    await admin.start()
    await admin.delete_topics([missing])
    try:
        async with exporting(kafka.at, topics.prefix, tmp_path, ready=False) as exporter:
            told = await exporter.until(lambda told: known(told) == 4)
            assert told[("tapwatt_exporter_up_to_date", "of=quarantine")] == 0
            assert told[("tapwatt_kafka_up",)] == 1
            assert "tapwatt_quarantined_sessions" not in {name for name, *_ in told}
            status, words = await exporter.text("/readyz")
            assert status == 503
            assert missing in words
            async with asyncio.timeout(30):
                while "reading quarantine is down" not in exporter.child.last_words(20):
                    await asyncio.sleep(0.2)
            # and once it is made, it is ready
            await admin.create_topics([NewTopic(missing, 1, 1)])
            await exporter.ready()
    finally:
        await admin.close()


async def test_a_port_that_is_taken_is_said_in_one_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        env = {"TAPWATT_EXPORTER_PORT": str(port)}
        child = Child("exporter", [sys.executable, "-m", "tapwatt_watch"], tmp_path / "log", env)
        await child.start()
        assert await child.wait() == 1
    words = child.last_words(3)
    assert "set TAPWATT_EXPORTER_PORT to another port" in words
    assert "Traceback" not in words
