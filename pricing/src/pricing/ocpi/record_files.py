"""Takes OCPI records out of a file one by one, whatever its size: one, a list, an answer {"data": ...}, or JSON Lines.

A record that is wrong says so by itself and the others are read all the same. What is wrong with the file as a whole is
said once: that it is empty, CSV, XML or compressed, or that it ends in the middle of a record.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from pricing.ocpi.documents import LARGEST_FILE, UnreadableOcpi, Wrong, kind_of, read_json

_CHUNK = 1 << 16
_SPACE = b" \t\r\n"
_BOM = b"\xef\xbb\xbf"
_MARK = re.compile(rb'[{}\[\]]|("[^"\\]*(?:\\.[^"\\]*)*")|"', re.DOTALL)
"""A bracket, or a whole text; a quotation mark alone where the text goes on beyond what is held."""
_IN_TEXT = re.compile(rb'["\\]')
_DATA = re.compile(rb'"data"\s*:\s*\[\Z')
_GOES_ON = (b"{", b"[", b",", b":")
_PACKED = {b"\x1f\x8b": "gzip", b"PK\x03\x04": "zip", b"BZh": "bzip2", b"\xfd7zXZ": "xz", b"(\xb5/\xfd": "zstd"}
_PAPERS = {b"%PDF": "a PDF", b"\xd0\xcf\x11\xe0": "a file of Excel or Word"}
_KNOWN = {
    **{mark: f"this is compressed ({name}); unpack it first" for mark, name in _PACKED.items()},
    **{mark: f"this is {name}, and OCPI is JSON; export the records as JSON" for mark, name in _PAPERS.items()},
}
"""What is said of a file that begins so."""


@dataclass(frozen=True, slots=True)
class Record:
    """A record as it stands in its file: its JSON path, and the object, or why it is none."""

    path: str
    written: dict[str, Any] | None
    problem: UnreadableOcpi | None = None

    @property
    def id(self) -> str | None:
        """What the record calls itself."""
        found = self.written.get("id") if self.written is not None else None
        return found if isinstance(found, str) and found else None


def records_in(file: BinaryIO, wrong: Wrong = UnreadableOcpi) -> Iterator[Record]:
    """The records in this file, in order. Raises what `wrong` makes of a fault of the file as a whole.

    Not more than one record is held, and of that not more than LARGEST_FILE bytes.
    """
    reader = _Reader(file, wrong)
    first = reader.first()
    problem = _no_json(first)
    if problem:
        raise wrong("$", problem)
    if _lines(first):
        yield from _of_lines(reader, wrong)
    elif first.startswith(b"["):
        reader.skip()
        yield from _of_list(reader, "$", wrong)
    else:
        yield from _of_object(reader, wrong)


def _no_json(first: bytes) -> str:
    """Why a file that begins so cannot hold JSON; nothing if it may."""
    if not first:
        return "the file is empty; give OCPI records as they were sent"
    for mark, said in _KNOWN.items():
        if first.startswith(mark):
            return said
    if first.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" in first[:100]:
        return "this is not text in UTF-8; save it as UTF-8"
    if first[:1] in b"{[":
        return ""
    if first.startswith(b"<"):
        return "this is XML or HTML, and OCPI is JSON; give the records as they were sent"
    line = first.split(b"\n", 1)[0]
    for mark, name in ((b";", "semicolons"), (b"\t", "tabs"), (b",", "commas")):
        if line.count(mark) >= 2:
            return f"this is a table (CSV, with {name}), and OCPI is JSON; export the records as JSON"
    return ""


def _lines(first: bytes) -> bool:
    """Whether this is how JSON Lines begin: with two objects, each on a line of its own.

    A first line that goes on is none of them: an answer whose records have a line each begins with {"data": [.
    """
    lines = [line.strip() for line in first.split(b"\n") if line.strip()]
    return len(lines) > 1 and all(line.startswith(b"{") for line in lines[:2]) and not lines[0].endswith(_GOES_ON)


def _of_lines(reader: _Reader, wrong: Wrong) -> Iterator[Record]:
    for number, line in enumerate(reader.lines(), start=1):
        if line.strip():
            yield _record(f"line {number}: $", line, wrong)


def _of_object(reader: _Reader, wrong: Wrong) -> Iterator[Record]:
    """One record, or an answer whose data are taken out one by one."""
    whole = reader.value(inside_data=True)
    if whole is None:
        yield from _of_list(reader, "$.data", wrong)
        return
    rest = reader.rest()
    if rest and not rest.startswith(b"{"):
        raise wrong("$", "after the record there is something else; give one record, a list, or one in each line")
    found = _record("$", whole, wrong)
    inner = found.written.get("data") if found.written is not None else None
    if isinstance(inner, dict):
        found = Record("$.data", inner)
    yield found
    number = 1
    while rest:
        number += 1
        value = reader.value()
        assert value is not None
        yield _record(f"record {number}: $", value, wrong)
        rest = reader.rest()


def _of_list(reader: _Reader, path: str, wrong: Wrong) -> Iterator[Record]:
    number = 0
    while True:
        begins = reader.rest()
        if not begins:
            raise wrong(path, "the list has no end: the file was cut off; copy it again")
        if begins.startswith(b"]"):
            return
        if begins.startswith(b","):
            reader.skip()
            continue
        value = reader.value()
        assert value is not None
        yield _record(f"{path}[{number}]", value, wrong)
        number += 1


def _record(path: str, text: bytes, wrong: Wrong) -> Record:
    try:
        found = read_json(text, wrong)
    except UnreadableOcpi as error:
        return Record(path, None, wrong(path + error.path.removeprefix("$"), error.problem))
    if isinstance(found, dict):
        return Record(path, found)
    return Record(path, None, wrong(path, f"is {kind_of(found)} where an OCPI object is needed"))


class _Reader:
    """A file of which only what is looked at is held."""

    def __init__(self, file: BinaryIO, wrong: Wrong) -> None:
        self._file = file
        self._wrong = wrong
        self._held = b""
        self._ended = False

    def _more(self) -> bool:
        chunk = b"" if self._ended else self._file.read(_CHUNK)
        self._ended = not chunk
        self._held += chunk
        return not self._ended

    def first(self) -> bytes:
        """How the file begins, without what says nothing."""
        while len(self._held) < _CHUNK and self._more():
            pass
        self._held = self._held.removeprefix(_BOM)
        while not self._held.lstrip(_SPACE) and self._more():
            pass
        self._held = self._held.lstrip(_SPACE)
        return self._held

    def skip(self) -> None:
        """Go on after one byte."""
        self._held = self._held[1:]

    def rest(self) -> bytes:
        """What comes next after space; nothing at the end."""
        while True:
            self._held = self._held.lstrip(_SPACE)
            if self._held or not self._more():
                return self._held

    def lines(self) -> Iterator[bytes]:
        """The lines to the end."""
        while True:
            line, found, after = self._held.partition(b"\n")
            if found:
                self._held = after
                yield line
            elif len(self._held) > LARGEST_FILE or not self._more():
                break
        if len(self._held) > LARGEST_FILE:
            raise self._wrong("$", f"a line is longer than {LARGEST_FILE // 1024**2} MiB; is it one record?")
        yield self._held

    def value(self, *, inside_data: bool = False) -> bytes | None:
        """The JSON value that begins here, to its end; None where it is an answer whose list `data` begins here."""
        if self._held[:1] not in b"{[":
            return self._plain()
        at = depth = 0
        while True:
            found = _MARK.search(self._held, at)
            if found is None:
                at = len(self._held)
                self._needed()
                continue
            at = found.end()
            mark = found[0]
            if found.lastindex:
                continue
            if mark == b'"':
                at = self._after_text(at)
                continue
            if mark == b"[" and depth == 1 and inside_data and _DATA.search(self._held, 0, at):
                self._held = self._held[at:]
                return None
            depth += 1 if mark in b"{[" else -1
            if not depth:
                value, self._held = self._held[:at], self._held[at:]
                return value

    def _after_text(self, at: int) -> int:
        while True:
            found = _IN_TEXT.search(self._held, at)
            if found is not None and found[0] == b'"':
                return found.end()
            if found is not None and found.end() < len(self._held):
                at = found.end() + 1
                continue
            at = len(self._held) if found is None else found.start()
            self._needed()

    def _plain(self) -> bytes:
        """A number or a word of a list, to the comma after it."""
        at = 0
        if self._held.startswith(b'"'):
            at = self._after_text(1)
        while (found := re.compile(rb"[,\]\s]").search(self._held, at)) is None and self._more():
            pass
        end = found.start() if found is not None else len(self._held)
        value, self._held = self._held[: max(end, 1)], self._held[max(end, 1) :]
        return value

    def _needed(self) -> None:
        if len(self._held) > LARGEST_FILE:
            raise self._wrong("$", f"a record is larger than {LARGEST_FILE // 1024**2} MiB; no session is")
        if not self._more():
            raise self._wrong(
                "$", "this is not JSON: it ends in the middle of a record, so it was cut off; copy it again"
            )
