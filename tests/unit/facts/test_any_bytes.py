"""Whatever a record is made of, it is a fact or a dead letter: odd headers, odd names, odd times, odd values."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.consumer import fetcher
from aiokafka.consumer.fetcher import READ_UNCOMMITTED, PartitionRecords
from aiokafka.record.default_records import DefaultRecordBatchBuilder, _DefaultRecordBatchBuilderPy
from hypothesis import given
from hypothesis import strategies as st

from tapwatt.errors import Poison
from tapwatt.facts.codec import begin, decode, encode
from tapwatt.facts.envelopes import LARGEST_HEADERS, Headers, note
from tapwatt.facts.events import SessionCancelled
from tapwatt.worker.kafka import header_names
from tapwatt.worker.moved_records import LONGEST_REASON, Kind, dead_letter, delay_of
from tapwatt.worker.records import Read
from tapwatt_cli.ops.dead_letters import Letter, letters_of
from tapwatt_cli.ops.letter_page import letter_as_json
from tapwatt_cli.ops.topic_log import _why

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
KEY, VALUE, HEADERS = encode(
    begin(SessionCancelled(session_id="s1", reason="driver", cancelled_at=NOW), "e", "/f", NOW)
)
ODD_NAME = b"\xff\xfe".decode("utf-8", "surrogateescape")


def put(**more: bytes | None) -> Headers:
    return [*{**dict(HEADERS), **more}.items()]


def test_a_trace_that_is_null_is_no_trace() -> None:
    assert decode(KEY, VALUE, put(traceparent=None)).envelope.traceparent is None


@pytest.mark.parametrize("name", ["ce_specversion", "ce_id", "ce_type", "ce_source", "ce_time"])
def test_a_header_that_is_null_is_one_that_is_missing(name: str) -> None:
    with pytest.raises(Poison, match=name):
        decode(KEY, VALUE, put(**{name: None}))


@pytest.mark.parametrize("time", [b"0001-01-01T00:00:00+14:00", b"9999-12-31T23:59:59-14:00", b"1969-12-31T23:59:59Z"])
def test_a_time_at_the_ends_of_the_calendar_is_poison(time: bytes) -> None:
    with pytest.raises(Poison, match="a clock was wrong"):
        decode(KEY, VALUE, put(ce_time=time))


@pytest.mark.parametrize(
    "headers",
    [
        [*HEADERS, ("x", b"x" * LARGEST_HEADERS)],
        [*HEADERS, *((f"x{n}", None) for n in range(20_000))],
        [*HEADERS, ("x" * (LARGEST_HEADERS + 1), None)],
    ],
)
def test_more_headers_than_a_retry_topic_has_room_for_are_poison(headers: Headers) -> None:
    with pytest.raises(Poison, match="the headers are more than 65536 bytes"):
        decode(KEY, VALUE, headers)


@pytest.mark.parametrize(
    "value",
    [
        b"[" * 100_000,
        b'{"session_id":' * 20_000,
        b'{"session_id":"\\ud800","reason":"driver","cancelled_at":"2026-03-01T12:00:00Z"}',
        b'{"session_id":"s1","reason":"driver","cancelled_at":NaN}',
        b'{"session_id":"s1","reason":"driver","cancelled_at":1e400}',
        b'{"session_id":"s1","reason":"driver","cancelled_at":"0001-01-01T00:00:00+14:00"}',
        b'\xef\xbb\xbf{"session_id":"s1"}',
        b'{"session_id":"s1\\u0000","reason":"driver","cancelled_at":"2026-03-01T12:00:00Z"}',
    ],
)
def test_json_that_nobody_writes_is_poison(value: bytes) -> None:
    with pytest.raises(Poison):
        decode(KEY, value, HEADERS)


def test_a_model_that_breaks_in_a_way_nobody_foresaw_makes_poison_of_the_record(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*args: object, **more: object) -> None:
        raise RecursionError

    monkeypatch.setattr(SessionCancelled, "model_validate_json", broken)
    with pytest.raises(Poison, match="nobody foresaw"):
        decode(KEY, VALUE, HEADERS)


NAMES = st.binary(max_size=6).map(lambda raw: raw.decode("utf-8", "surrogateescape"))
OURS = st.sampled_from(
    ["due", "scheduled", "origin", "reason", "replayed", "replayed_at", "dead_lettered_by", "released"]
)
ANY_HEADERS = st.lists(st.tuples(NAMES | OURS.map("tapwatt_".__add__), st.none() | st.binary(max_size=30)), max_size=6)


@given(st.none() | st.binary(max_size=20), st.none() | st.binary(max_size=40), ANY_HEADERS)
def test_any_record_can_be_read_dead_lettered_listed_and_shown(
    key: bytes | None, value: bytes | None, odd: Any
) -> None:
    record = Read("tapwatt.tariff.retry-minute.v1", 0, 0, key, value, [*HEADERS, *odd])
    delay_of(record)
    try:
        decode(record.key, record.value, record.headers)
        reason = "odd \udcff"
    except Poison as poison:
        reason = str(poison)
    out = dead_letter(record, "dead", "tariff", Kind.POISON, reason, NOW, delay_of(record))
    for stands in (record, Read(out.topic, 0, 1, out.key, out.value, out.headers)):
        assert len(letters_of([stands])) <= 1
        json.dumps(letter_as_json(Letter(stands)))
        _why(stands.headers)
    assert len(note(out.headers, "tapwatt_reason")) <= 4 * LONGEST_REASON


def fetched(raw: bytes) -> list[Any]:
    """The records of a batch as the consumer hands them on."""
    header_names.read_any_name()
    records = fetcher.MemoryRecords(raw)
    found = PartitionRecords(TopicPartition("t", 0), records, None, 0, None, None, True, READ_UNCOMMITTED)
    return list(found)


def batch(builder: Any, *headers: list[tuple[str, bytes | None]]) -> bytes:
    for offset, some in enumerate(headers):
        builder.append(offset, 1_000 + offset, b"k", b"v%d" % offset, some)
    return bytes(builder.build())


def any_builder(codec: int = 0) -> Any:
    return _DefaultRecordBatchBuilderPy(2, codec, 0, -1, -1, 0, 1 << 20)


@pytest.mark.parametrize("codec", [0, 1])
def test_records_with_header_names_that_are_not_utf8_are_fetched_and_so_are_those_around_them(codec: int) -> None:
    odd, good = header_names._Name(ODD_NAME), [("a", b"1"), ("é", None)]
    raw = batch(any_builder(codec), good, [(odd, b"x")], [(odd, None)], good)
    again = batch(any_builder(codec), good)
    records = fetched(raw + again)
    assert [record.value for record in records] == [b"v0", b"v1", b"v2", b"v3"]
    assert [record.headers for record in records[:4]] == [
        tuple(good),
        ((ODD_NAME, b"x"),),
        ((ODD_NAME, None),),
        tuple(good),
    ]


def test_ordinary_records_are_read_by_the_parser_in_c() -> None:
    builder = DefaultRecordBatchBuilder(
        magic=2, compression_type=0, is_transactional=0, producer_id=-1, producer_epoch=-1, base_sequence=0,
        batch_size=1 << 20,
    )  # fmt: skip
    records = fetched(batch(builder, [("a", b"1")], [], [("b", None)]))
    assert [record.headers for record in records] == [(("a", b"1"),), (), (("b", None),)]


@given(st.lists(st.tuples(st.binary(max_size=8), st.none() | st.binary(max_size=8)), max_size=5))
def test_header_names_come_back_as_the_bytes_that_they_were(headers: list[tuple[bytes, bytes | None]]) -> None:
    names = [(header_names._Name(name.decode("utf-8", "surrogateescape")), raw) for name, raw in headers]
    (record,) = fetched(batch(any_builder(), list(names)))
    assert [(name.encode("utf-8", "surrogateescape"), raw) for name, raw in record.headers] == headers
