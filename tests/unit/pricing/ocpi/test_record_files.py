"""Records are taken out of a file one by one, however it is written; what is wrong is said by its real cause."""

from __future__ import annotations

import io
import json
import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest

from pricing.ocpi.cdrs import UnreadableCdr
from pricing.ocpi.documents import UnreadableOcpi
from pricing.ocpi.record_files import Record, records_in
from pricing.ocpi.recorded_usage import usage_at

A, B = {"id": "a", "x": ['"]}', "\\\\"]}, {"id": "b"}


def read(text: str | bytes) -> list[Record]:
    return list(records_in(io.BytesIO(text.encode() if isinstance(text, str) else text)))


@pytest.mark.parametrize(
    "text",
    [
        json.dumps([A, B]),
        json.dumps([A, B], indent=2),
        json.dumps({"data": [A, B], "status_code": 1000}),
        json.dumps({"status_code": 1000, "data": [A, B], "timestamp": "2026-03-02T08:00:00Z"}, indent=1),
        f"{json.dumps(A)}\n{json.dumps(B)}\n",
        f"\n{json.dumps(A)}\r\n\r\n{json.dumps(B)}",
        f"{json.dumps(A, indent=2)}\n{json.dumps(B, indent=2)}",
        "\ufeff" + json.dumps([A, B]),
        # as a database or a script writes an answer: a line for each record, the list begun on the first
        f'{{"status_code": 1000, "data": [\n{json.dumps(A)},\n{json.dumps(B)}\n]}}',
        f'{{"data": [\r\n{json.dumps(A)}\r\n,{json.dumps(B)}]}}',
        f'{{"data":\n[{json.dumps(A)},\n{json.dumps(B)}]}}',
    ],
    ids=range(11),
)
def test_two_records_are_two_however_they_are_written(text: str) -> None:
    assert [one.written for one in read(text)] == [A, B]


def test_one_record_is_one_also_in_an_answer() -> None:
    assert [one.written for one in read(json.dumps(A))] == [A]
    assert [(one.path, one.written) for one in read(json.dumps({"data": B}))] == [("$.data", B)]
    assert read("[]") == []


def test_one_record_with_a_line_for_each_of_its_parts_is_one() -> None:
    written = '{"id": "a", "elements": [\n{"x": 1},\n{"x": 2}]}'
    assert [(one.path, one.id) for one in read(written)] == [("$", "a")]


def test_a_record_that_is_wrong_takes_no_other_with_it() -> None:
    for text in ('[{"id": "a"}, {"id": }, 5, "x", {"id": NaN}, {"id": "b"}]', '{"id": "a"}\n{"id": \n5\n{"id": "b"}'):
        found = read(text)
        assert [one.id for one in found if one.written] == ["a", "b"]
        assert all(str(one.problem).startswith(one.path) for one in found if one.written is None)
    assert [one.path for one in read('{"id": "a"}\n{"id": \n{"id": "b"}')] == ["line 1: $", "line 2: $", "line 3: $"]


PERIOD = {"start_date_time": "2026-03-02T08:00:00Z", "dimensions": [{"type": "ENERGY", "volume": 10}]}
CDR: dict[str, Any] = {
    "id": "C",
    "start_date_time": "2026-03-02T08:00:00Z",
    "end_date_time": "2026-03-02T10:00:00Z",
    "charging_periods": [PERIOD],
}
LATER = {**PERIOD, "start_date_time": "2026-03-02T09:00:00Z"}
BAD_FILES: list[tuple[str, str | bytes, str]] = [
    ("nothing in it", b" \n", "the file is empty"),
    ("a table", "id;start;end;kwh\n1;2;3;4\n", "this is a table (CSV, with semicolons)"),
    ("a web page", "<!doctype html><title>Log in</title>", "this is XML or HTML"),
    ("a paper", b"%PDF-1.7", "this is a PDF, and OCPI is JSON"),
    ("an old spreadsheet", b"\xd0\xcf\x11\xe0\xa1\xb1", "this is a file of Excel or Word"),
    ("packed", b"\x1f\x8b\x08\x00", "this is compressed (gzip)"),
    ("another encoding", json.dumps(CDR).encode("utf-16"), "this is not text in UTF-8"),
    ("cut off in a record", json.dumps([CDR, CDR])[:-20], "it ends in the middle of a record, so it was cut off"),
    ("cut off between two", json.dumps([CDR, CDR])[:-1], "the list has no end: the file was cut off"),
    ("not a number", json.dumps({**CDR, "total_energy": float("nan")}), "$.total_energy: is NaN, which is no number"),
    ("24 o'clock", json.dumps({**CDR, "end_date_time": "2026-03-02T24:00:00Z"}), "$.end_date_time: says 24:00"),
    (
        "out of order",
        json.dumps({**CDR, "charging_periods": [LATER, PERIOD]}),
        "$.charging_periods[1].start_date_time: is before that of the period before it: the periods are out of order",
    ),
    ("no times", json.dumps({**CDR, "charging_periods": []}), "$.charging_periods: there are none"),
    ("a tariff", json.dumps({"id": "T", "elements": []}), "$: this is a tariff where a CDR or a session is needed"),
    ("a name twice", '{"id": "a", "id": "b"}', "$.id: stands twice in one object"),
    (
        "a comma in a number",
        json.dumps({**CDR, "total_energy": "10,5"}),
        "$.total_energy: is not a valid decimal number",
    ),
]


@pytest.mark.parametrize(("text", "says"), [case[1:] for case in BAD_FILES], ids=[case[0] for case in BAD_FILES])
def test_each_kind_of_bad_file_is_told_by_its_real_cause(text: str | bytes, says: str) -> None:
    with pytest.raises(UnreadableOcpi) as refused:
        _used(text)
    assert says in str(refused.value)


def _used(text: str | bytes) -> None:
    for one in read(text):
        if one.problem is not None:
            raise one.problem
        assert one.written is not None
        usage_at(one.path, one.written)


class Endless(io.RawIOBase):
    """A list of records that is never held as a whole."""

    def __init__(self, records: int) -> None:
        self._parts = self._written(records)

    @staticmethod
    def _written(records: int) -> Iterator[bytes]:
        yield b"["
        one = json.dumps(CDR).encode()
        for number in range(records):
            yield (b", " if number else b"") + one
        yield b"]"

    def read(self, size: int = -1) -> bytes:
        return b"".join(part for _, part in zip(range(200), self._parts, strict=False))


def test_a_file_of_any_size_is_read_without_being_held() -> None:
    # given a file that is larger than what is held of it
    many = 15_000
    tracemalloc.start()
    found = sum(1 for _ in records_in(Endless(many)))  # type: ignore[arg-type]
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found == many
    assert most < 1_500_000 < many * len(json.dumps(CDR))


def test_a_record_that_has_no_end_is_not_read_for_ever() -> None:
    with pytest.raises(UnreadableCdr, match="a record is larger than 16 MiB"):
        list(records_in(io.BytesIO(b'{"id": "' + b"x" * (17 * 1024 * 1024)), UnreadableCdr))
