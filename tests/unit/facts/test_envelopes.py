"""The envelope is CloudEvents 1.0 in Kafka headers; the trace goes on, and a redelivery repeats it."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from tapwatt.errors import Poison
from tapwatt.facts.envelopes import Envelope, from_headers, next_trace, to_headers

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
ENVELOPE = Envelope("e-1", "tapwatt.authorised.v1", "/tapwatt/authoriser", NOON, TRACE)


@pytest.mark.parametrize("trace", [TRACE, None])
def test_an_envelope_comes_back_from_its_headers(trace: str | None) -> None:
    envelope = Envelope("e-1", "tapwatt.authorised.v1", "/tapwatt/authoriser", NOON, trace)
    assert from_headers(to_headers(envelope)) == envelope


def test_headers_are_those_of_cloudevents_in_kafka_binary_mode() -> None:
    assert dict(to_headers(ENVELOPE)) == {
        "ce_specversion": b"1.0",
        "ce_id": b"e-1",
        "ce_type": b"tapwatt.authorised.v1",
        "ce_source": b"/tapwatt/authoriser",
        "ce_time": b"2026-03-02T12:00:00Z",
        "content-type": b"application/json",
        "traceparent": TRACE.encode(),
    }


def test_a_time_is_said_and_read_in_utc() -> None:
    amsterdam = NOON.astimezone(timezone(timedelta(hours=1)))
    headers = dict(to_headers(Envelope("e-1", "t", "s", amsterdam)))
    assert headers["ce_time"] == b"2026-03-02T12:00:00Z"
    read = from_headers([*{**headers, "ce_time": b"2026-03-02T13:00:00+01:00"}.items()])
    assert read.time == NOON
    assert read.time.tzinfo is UTC


@pytest.mark.parametrize("name", ["ce_specversion", "ce_id", "ce_type", "ce_source", "ce_time"])
def test_s25_a_missing_header_is_named(name: str) -> None:
    headers = [(header, raw) for header, raw in to_headers(ENVELOPE) if header != name]
    with pytest.raises(Poison, match=name):
        from_headers(headers)


@pytest.mark.parametrize("name", ["ce_id", "ce_type", "ce_source", "ce_time"])
@pytest.mark.parametrize("raw", [b"", b"x" * 201, b"\xff\xfe"])
def test_s25_a_header_that_is_no_text_of_a_sane_length_is_named(name: str, raw: bytes) -> None:
    with pytest.raises(Poison, match=name):
        from_headers([*{**dict(to_headers(ENVELOPE)), name: raw}.items()])


@pytest.mark.parametrize("trace", [b"", b"rubbish", b"\xff", TRACE.upper().encode(), TRACE.encode() + b"-more"])
def test_a_broken_trace_is_left_out_since_it_is_no_reason_to_park_an_event(trace: bytes) -> None:
    read = from_headers([*{**dict(to_headers(ENVELOPE)), "traceparent": trace}.items()])
    assert read.traceparent is None
    assert read.id == "e-1"


def test_other_headers_and_their_order_do_not_matter() -> None:
    headers = [("tapwatt_reason", b"\xff"), *reversed(to_headers(ENVELOPE)), ("other", b"")]
    assert from_headers(headers) == ENVELOPE


def test_the_trace_goes_on_with_a_span_of_the_facts_own() -> None:
    _, trace, span, flags = next_trace(TRACE, "e-2").split("-")
    assert trace == TRACE.split("-")[1]
    assert flags == "00", "whether a trace is sampled is for whoever began it"
    assert span != TRACE.split("-")[2]


def test_s33_a_redelivery_has_the_same_span_and_another_fact_another() -> None:
    assert next_trace(TRACE, "e-2") == next_trace(TRACE, "e-2")
    assert next_trace(TRACE, "e-2") != next_trace(TRACE, "e-3")


@pytest.mark.parametrize("broken", [None, "", "rubbish", "01" + TRACE[2:]])
def test_without_a_trace_to_go_on_with_the_fact_begins_one_that_can_be_read(broken: str | None) -> None:
    begun = next_trace(broken, "e-1")
    headers = to_headers(Envelope("e-1", "t", "s", NOON, begun))
    assert from_headers(headers).traceparent == begun
