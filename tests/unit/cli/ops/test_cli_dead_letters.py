"""Dead letters: which stand, what each says on the page and to scripts, and what goes out when one is replayed."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from prometheus_client import CollectorRegistry
from rich.console import Console
from typer.testing import CliRunner

from tapwatt.clock import Clock, SystemClock
from tapwatt.errors import NeedsHuman
from tapwatt.facts.codec import LARGEST_EVENT, Event, begin, encode
from tapwatt.facts.events import CaptureFailed, EventRejected, SessionCancelled
from tapwatt.facts.topics import Topics
from tapwatt.log import quiet
from tapwatt.metrics.of_a_worker import OF_A_WORKER
from tapwatt.metrics.registry import Metrics
from tapwatt.worker.handling import Handling
from tapwatt.worker.moved_records import Delay, Kind, QuarantinedWith, dead_letter, delay_of, delayed
from tapwatt.worker.records import Outgoing, Read
from tapwatt.worker.service import Done, Service
from tapwatt_cli.app import app
from tapwatt_cli.console import printable
from tapwatt_cli.exit_codes import Unusable
from tapwatt_cli.ops import who
from tapwatt_cli.ops.commands import asking, dlq
from tapwatt_cli.ops.dead_letters import (
    Letter,
    LetterLog,
    NoSuchLetter,
    Number,
    in_order,
    letters_of,
    marker,
    numbered,
    replay_of,
    replays,
    standing,
    why_not,
    with_their_sessions,
)
from tapwatt_cli.ops.letter_page import VALUE_SHOWN, letter_as_json, line, list_as_json, pretty, show_letter, show_list

TOPICS = Topics("t.")
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HEARD = TOPICS.of(SessionCancelled)
FIRST = Number(0, 0)


def event(session: str = "s1", topic: str = HEARD) -> Read:
    fact = SessionCancelled(operator_id="op", session_id=session, reason="driver", cancelled_at=NOW)
    return Read(topic, 3, 17, *encode(begin(fact, f"cause-{session}", "/fleet", NOW)))


def stood(out: Outgoing, partition: int = 0, offset: int = 0) -> Read:
    """What was sent, as it stands on the log."""
    return Read(out.topic, partition, offset, out.key, out.value, tuple(out.headers))


def letter(
    record: Read | None = None, number: Number = FIRST, by: str = "capturer", why: str = "odd", late_s: int = 0
) -> Read:
    at = NOW + timedelta(seconds=late_s)
    came = record or event()
    waited = delay_of(came) if ".retry-" in came.topic else None
    return stood(
        dead_letter(came, TOPICS.dead_letters, by, Kind.POISON, why, at, waited), number.partition, number.offset
    )


def marked(of: Read, number: Number, late_s: int = 60) -> Read:
    out = marker(Letter(of), TOPICS, NOW + timedelta(seconds=late_s), "anna")
    return stood(out, number.partition, number.offset)


@pytest.mark.parametrize("text", ["", "0", "0/", "/1", "-1/2", "0/1/2", "a/b", "0 /1", "٣/١", "1/" + "9" * 30])
def test_what_is_no_number_is_none(text: str) -> None:
    assert Number.read(text) is None


def test_a_number_is_a_partition_and_an_offset() -> None:
    assert Number.read("2/17") == Number(2, 17)
    assert str(Number(2, 17)) == "2/17"


def test_a_letter_says_why_by_whom_when_and_where_it_stood() -> None:
    (one,) = letters_of([letter(why="the hold is unknown")])
    assert (one.dead_lettered_by, one.reason, one.origin) == ("capturer", "the hold is unknown", f"{HEARD}/3/17")
    assert one.dead_lettered_at == "2026-03-01T12:00:00+00:00"
    assert (one.fact, one.replayed_at) == ("SessionCancelled", None)


def test_a_letter_stands_until_a_marker_names_it_and_markers_are_no_letters() -> None:
    # given three letters, the second of them replayed twice, and a marker in another partition for the third
    first, second, third = (letter(number=Number(0, n), late_s=n) for n in range(3))
    log = [first, second, third, marked(second, Number(0, 3)), marked(second, Number(0, 4), 90)]
    log.append(marked(third, Number(1, 0)))
    # when the log is read
    letters = letters_of(log)
    # then all three are letters and one stands
    assert [str(one.number) for one in letters] == ["0/0", "0/1", "0/2"]
    assert [str(one.number) for one in standing(letters)] == ["0/0"]
    assert letters[1].replayed_at == "2026-03-01T12:01:30+00:00"
    assert line(letters) == "dead letters: 1 standing, 2 replayed"


def test_a_marker_read_before_its_letter_counts_and_one_of_no_letter_is_nothing() -> None:
    first = letter(number=Number(2, 5))
    broken = marked(first, Number(0, 1))._replace(headers=(("tapwatt_replayed", b"\xff"),))
    stray = marked(letter(number=Number(9, 9)), Number(0, 2))
    assert standing(letters_of([marked(first, Number(0, 0)), broken, stray, first])) == []
    assert len(letters_of([broken, stray, first])) == 1


def test_an_event_cannot_hide_itself_by_the_headers_of_a_marker() -> None:
    # given an author who puts our headers on a bad event
    evil = event()._replace(headers=[("tapwatt_replayed", b"0/0"), *event().headers], value=b"{")
    # then the letter it becomes still stands
    assert len(standing(letters_of([letter(evil)]))) == 1


def test_letters_are_listed_by_time_and_replayed_in_the_order_of_their_partition() -> None:
    log = [letter(number=Number(0, 0), late_s=9), letter(number=Number(0, 1), late_s=2), letter(number=Number(1, 0))]
    listed = letters_of(log)
    assert [str(one.number) for one in listed] == ["1/0", "0/1", "0/0"]
    assert [str(one.number) for one in in_order(listed)] == ["0/0", "0/1", "1/0"]


def test_a_number_that_no_letter_has_is_named_and_one_asked_for_twice_comes_once() -> None:
    first = letter(number=Number(0, 0))
    letters = letters_of([first, marked(first, Number(0, 1))])
    assert [str(one.number) for one in numbered(letters, [Number(0, 0), Number(0, 0)])] == ["0/0"]
    # and a marker has no number of a letter
    for number in (Number(0, 1), Number(4, 4)):
        with pytest.raises(NoSuchLetter, match=f"there is no dead letter {number};"):
            numbered(letters, [Number(0, 0), number])


def test_a_replay_is_the_untouched_record_for_its_service_alone_due_now_with_its_whole_schedule() -> None:
    # given a letter that was given up after a week
    waited = stood(
        delayed(
            event(), TOPICS.retry("capturer", "day"), Delay(f"{HEARD}/3/17", 36, NOW), Kind.UNAVAILABLE, "no answer"
        )
    )
    one = Letter(letter(waited, Number(1, 8), why="given up"))
    # when it is told again
    again = replay_of(one, TOPICS, NOW + timedelta(hours=1))
    # then only the capturer hears it, at once, and it is what the fleet said
    assert again.topic == "t.tapwatt.capturer.retry-minute.v1"
    assert delay_of(stood(again)) == Delay(f"{HEARD}/3/17", 0, NOW + timedelta(hours=1), letter="1/8")
    assert (again.key, again.value) == (event().key, event().value)
    assert [h for h in again.headers if not h[0].startswith("tapwatt_")] == list(event().headers)
    assert dict(again.headers)["tapwatt_reason"] == b"replayed dead letter 1/8"
    assert "tapwatt_dead_lettered_by" not in dict(again.headers)


def test_a_marker_goes_beside_its_letter_and_carries_nothing_of_it() -> None:
    out = marker(Letter(letter(number=Number(1, 8))), TOPICS, NOW, "anna@ops-1")
    assert (out.topic, out.key, out.value) == (TOPICS.dead_letters, b"s1", b"")
    assert dict(out.headers)["tapwatt_replayed"] == b"1/8"
    assert dict(out.headers)["tapwatt_replayed_at"] == b"2026-03-01T12:00:00+00:00"
    assert dict(out.headers)["tapwatt_replayed_by"] == b"anna@ops-1"


def strangers() -> Read:
    return letter()._replace(headers=tuple(event().headers))


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (strangers, "no service says that it dead-lettered it"),
        (lambda: letter(by="../x"), "no service says that it dead-lettered it"),
        (lambda: letter(event()._replace(value=b" " * (LARGEST_EVENT + 1))), "no service reads a value"),
        (
            lambda: letter(event()._replace(headers=[("x", b" " * (LARGEST_EVENT + 100_000))])),
            "no service reads a value",
        ),
        (
            lambda: letter(event(topic=TOPICS.of(CaptureFailed))),
            "it says that it is a SessionCancelled and stood in tapwatt.capture-failed.v1",
        ),
    ],
)
def test_what_cannot_be_replay_of_is_refused_with_its_reason(made: Callable[[], Read], why: str) -> None:
    assert why in (why_not(Letter(made()), TOPICS) or "")


def test_what_nobody_could_read_may_be_replayed_because_a_newer_service_may_read_it() -> None:
    assert why_not(Letter(letter()), TOPICS) is None
    assert why_not(Letter(letter(event()._replace(value=b"\xff"))), TOPICS) is None
    assert why_not(Letter(letter(event()._replace(value=None, headers=[]))), TOPICS) is None


@pytest.mark.parametrize("known", [True, False])
async def test_s11_a_replayed_letter_is_handled_or_dead_lettered_again_from_the_same_origin(known: bool) -> None:
    # given a service that dead-letters what only a human can find out
    told: list[Outgoing] = []
    handled: list[str] = []

    async def deliver(records: object) -> None:
        assert isinstance(records, list)
        told.extend(one for one in records if one.topic != TOPICS.of(EventRejected))

    async def handler(heard: Event) -> Done:
        if not handled:
            handled.append("asked")
            raise NeedsHuman("only the provider knows")
        if not known:
            raise NeedsHuman("still only the provider knows")
        handled.append(heard.fact.key)
        return Done()

    handling = Handling(
        Service("capturer", {SessionCancelled: handler}),
        deliver,
        topics=TOPICS,
        clock=SystemClock(),
        chance=Random(1),
        metrics=Metrics(CollectorRegistry(), OF_A_WORKER),
        log=quiet(),
    )
    await handling(event())
    (one,) = letters_of([stood(told.pop())])
    # when it is replayed
    await handling(stood(replay_of(one, TOPICS, datetime.now(UTC))))
    # then it is handled once it is known, and dead-lettered again while it is not
    if known:
        assert (handled, told) == (["asked", "s1"], [])
    else:
        (again,) = letters_of([stood(told.pop(), offset=2)])
        assert (again.reason, again.origin) == ("still only the provider knows", one.origin)
        assert again.record.value == one.record.value


def test_a_value_is_indented_with_its_numbers_and_names_as_they_were_written() -> None:
    value = b'{"a":50.50,"a":[1e2,-0,{}],"b":"x, {y}: \\"z\\"","c":[]}'
    assert pretty(value) == (
        '{\n  "a": 50.50,\n  "a": [\n    1e2,\n    -0,\n    {}\n  ],\n  "b": "x, {y}: \\"z\\"",\n  "c": []\n}'
    )


@pytest.mark.parametrize(
    ("value", "shown"),
    [(b"", ""), (b"\xff\x1b[2J{", r"\xff\x1b[2J{"), (b'"\xc2\x9b2J"', r'"\x9b2J"'), (b"[" * 5000, "[" * 5000)],
)
def test_what_is_no_json_is_escaped_and_nothing_moves_a_terminals_cursor(value: bytes, shown: str) -> None:
    assert pretty(value) == shown


@pytest.mark.parametrize("value", [b"x" * 10**6, b'{"a": "' + b"x" * 10**6 + b'"}'])
def test_a_long_value_is_cut_and_says_so(value: bytes) -> None:
    shown = pretty(value)
    assert len(shown) < VALUE_SHOWN + 100
    assert shown.endswith("(cut here; --json has all of it)")


def test_the_table_escapes_what_anybody_may_have_written() -> None:
    # given a key with markup and a cursor's movement, and a reason that is long
    bad = letter(event()._replace(key=b"[red]\x1b[2J"), why="w" * 300)
    other = letter(number=Number(0, 1))
    out = io.StringIO()
    # when it is listed
    letters = letters_of([bad, other, marked(other, Number(0, 2))])
    show_list(Console(file=out, width=400), standing(letters))
    # then it is there in harmless words, and what was replayed is not
    page = out.getvalue()
    assert r"[red]\x1b[2J" in page
    assert "w" * 79 + "\N{HORIZONTAL ELLIPSIS}" in page
    assert "w" * 80 not in page
    assert "0/0" in page
    assert "0/1" not in page
    # unless all are asked for
    show_list(Console(file=out, width=400), letters)
    assert "0/1" in out.getvalue()
    assert "; replayed 2026-03-01 12:01:00 by anna" in out.getvalue()


def test_a_page_has_every_header_the_reason_and_the_value() -> None:
    out = io.StringIO()
    show_letter(Console(file=out, width=80), Letter(letter(why="why it is so")))
    page = out.getvalue()
    for said in (
        "why it is so",
        "dead-lettered by: capturer at 2026-03-01T12:00:00",
        "ce_id: cause-s1",
        '"reason": "driver"',
        "s1",
    ):
        assert said in page


def test_scripts_get_the_untouched_bytes() -> None:
    one = Letter(letter(event()._replace(value=b"\xff{")))
    document = letter_as_json(one)
    assert document["value"] is None
    assert base64.b64decode(document["value_base64"]) == b"\xff{"
    assert ["ce_id", "cause-s1"] in document["headers"]
    (listed,) = list_as_json([one])["letters"]
    assert (listed["number"], listed["key"], listed["replayed_at"]) == ("0/0", "s1", None)
    assert (listed["kind"], listed["operator"], listed["standing"]) == ("poison", None, True)
    assert "value" not in listed


def test_printable_leaves_words_of_any_language() -> None:
    assert printable("Zürich 東京") == "Zürich 東京"
    assert printable("a\u202eb\n") == r"a\u202eb\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["replay"],
        ["replay", "0/1", "--everything"],
        ["replay", "--service", "x", "--everything"],
        ["replay", "--by", "tariff"],
        ["replay", "x"],
        ["show"],
        ["list", "--reason", "odd"],
        ["list", "--since", "yesterday"],
        ["list", "--page", "0"],
    ],
)
def test_what_cannot_be_meant_is_refused_before_kafka_is_asked(arguments: list[str]) -> None:
    assert CliRunner().invoke(app, ["dlq", *arguments]).exit_code == 2


class Kafka:
    """Stands for the Kafka that the command reads from and replays to."""

    def __init__(self, *records: Read) -> None:
        self.records = records
        self.replayed: list[str] = []

    async def read(self, bootstrap: str, topics: Topics, *, with_values: bool = True) -> list[Letter]:
        log = LetterLog(with_values=with_values)
        for one in self.records:
            log.add(one)
        return log.letters()

    async def replay(
        self,
        bootstrap: str,
        topics: Topics,
        letters: list[Letter],
        clock: Clock,
        by: str,
        tell: Callable[[Letter], None],
    ) -> None:
        self.by = by
        for one in letters:
            self.replayed.append(str(one.number))
            tell(one)


@pytest.fixture
def kafka_stands(monkeypatch: pytest.MonkeyPatch) -> Kafka:
    foreign = letter(event(topic=TOPICS.of(CaptureFailed)), Number(0, 2))
    kafka = Kafka(letter(), letter(number=Number(0, 1), by="tariff"), foreign)
    monkeypatch.setattr(dlq, "read_letters", kafka.read)
    monkeypatch.setattr(dlq, "replay_letters", kafka.replay)
    monkeypatch.setattr(asking, "a_person_types", lambda: True)
    return kafka


@pytest.mark.parametrize(
    ("arguments", "answer", "replayed", "code"),
    [
        (["--everything"], "n", [], 1),
        (["--everything"], "y", ["0/0", "0/1"], 1),
        (["--everything", "--yes"], "", ["0/0", "0/1"], 1),
        (["0/1", "0/0"], "y", ["0/0", "0/1"], 0),
        (["0/1"], "n", [], 1),
        (["0/1"], "y", ["0/1"], 0),
        (["--service", "tariff", "--yes"], "", ["0/1"], 0),
        (["--service", "nobody"], "", [], 0),
    ],
)
def test_a_person_is_asked_before_any_is_replayed_and_what_is_refused_is_named(
    kafka_stands: Kafka, arguments: list[str], answer: str, replayed: list[str], code: int
) -> None:
    # when a person replays
    done = CliRunner().invoke(app, ["dlq", "replay", *arguments, "--topic-prefix", "t."], input=answer)
    # then they are replayed only if they say so or have said so before
    assert (kafka_stands.replayed, done.exit_code) == (replayed, code)
    assert ("Replay this dead letter?" in done.output or "Replay these 2 dead letters?" in done.output) == bool(answer)
    assert ("To be replayed: 1 SessionCancelled to " in done.output) == bool(answer)
    # and whatever is refused has its line
    assert ("tapwatt: 0/2 is not replayed: it says" in done.output) == ("--everything" in arguments)
    for number in replayed:
        assert f"replayed {number}: SessionCancelled s1 to" in done.output


def test_where_nobody_can_be_asked_nothing_is_replayed_without_yes(
    kafka_stands: Kafka, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given a script
    monkeypatch.setattr(asking, "a_person_types", lambda: False)
    # when it replays one letter without saying that it means it
    done = CliRunner().invoke(app, ["dlq", "replay", "0/1", "--topic-prefix", "t."])
    # then it is told what would have been done, and how to say so
    assert kafka_stands.replayed == []
    assert "To be replayed: 1 SessionCancelled to tariff (0/1)" in done.stderr
    assert isinstance(done.exception, Unusable)
    assert "--yes says so beforehand" in str(done.exception)


def test_who_replays_is_written_down_by_name_or_by_login(kafka_stands: Kafka, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(who.getpass, "getuser", lambda: "anna")
    monkeypatch.setattr(who.socket, "gethostname", lambda: "ops-1")
    done = CliRunner().invoke(app, ["dlq", "replay", "0/1", "--yes", "--topic-prefix", "t."])
    assert kafka_stands.by == "anna@ops-1"
    assert "tapwatt: logged: anna@ops-1 replayed dead letters 0/1 at 127.0.0.1:9092 t.\n" in done.stderr
    CliRunner().invoke(app, ["dlq", "replay", "0/1", "--yes", "--topic-prefix", "t.", "--by", "b.jansen"])
    assert kafka_stands.by == "b.jansen"
    assert CliRunner().invoke(app, ["dlq", "replay", "0/1", "--yes", "--by", " "]).exit_code == 2


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ([], ["0/0", "0/1", "0/2", "0/3"]),
        (["--reason", "poison"], ["0/0", "0/1", "0/2"]),
        (["--reason", "quarantined"], []),
        (["--service", "tariff"], ["0/1"]),
        (["--fact", "SessionCancelled", "--service", "capturer"], ["0/0", "0/2", "0/3"]),
        (["--operator", "op"], ["0/0", "0/1", "0/2", "0/3"]),
        (["--operator", "other"], []),
        (["--since", "2026-03-01T12:00:30"], ["0/3"]),
        (["--until", "2026-03-01T13:00:00+01:00"], ["0/0", "0/1", "0/2"]),
        (["--since", "30min"], []),
        (["--limit", "3"], ["0/0", "0/1", "0/2"]),
        (["--limit", "3", "--page", "2"], ["0/3"]),
        (["--limit", "3", "--page", "9"], []),
    ],
)
def test_letters_are_chosen_by_why_by_whom_what_whose_and_when(
    kafka_stands: Kafka, options: list[str], found: list[str]
) -> None:
    kafka_stands.records = (*kafka_stands.records, quarantined(Number(0, 3), late_s=60).record)
    done = CliRunner().invoke(app, ["dlq", "list", *options, "--json"])
    assert [one["number"] for one in json.loads(done.stdout)["letters"]] == found


def test_an_operator_is_known_of_a_letter_whatever_it_was_said_in() -> None:
    for value in (
        b'{"operator_id": "op"}',
        b'{"place": {"operator_id": "op"}}',
        b'{"data": {"place": {"operator_id": "op"}}}',
    ):
        assert Letter(letter(event()._replace(value=value))).operator == "op"
    for value in (b"\xff", b"[]", b'{"operator_id": 7}', b'{"place": 3}', b"", None):
        assert Letter(letter(event()._replace(value=value))).operator == ""


def test_five_thousand_letters_are_a_page_and_a_summary(kafka_stands: Kafka) -> None:
    # given a flood
    kafka_stands.records = tuple(letter(number=Number(0, n), why=f"no JSON {n}", late_s=n) for n in range(5000))
    # when they are listed on a narrow terminal
    done = CliRunner().invoke(app, ["dlq", "list"], env={"COLUMNS": "60"})
    # then it is a page, with how to see more
    lines = done.stdout.splitlines()
    assert len(lines) < 3 * dlq.PAGE + 3
    assert max(map(len, lines)) <= 60
    assert "1 to 50 of 5000; --page 2 for more, or dlq summary\n" in done.stdout
    assert "dead letters: 5000 standing, 0 replayed" in done.stdout
    # and counted, they are three lines
    done = CliRunner().invoke(app, ["dlq", "summary"], env={"COLUMNS": "60"})
    assert done.stdout.splitlines() == [
        "5,000 poison  capturer: SessionCancelled",
        "    2026-03-01 12:00 to 2026-03-01 13:23",
        "    0/4999: no JSON 4999",
        "dead letters: 5000 standing, 0 replayed",
    ]
    told = json.loads(CliRunner().invoke(app, ["dlq", "summary", "--json"]).stdout)["groups"]
    assert [(one["count"], one["kind"], one["latest"]) for one in told] == [(5000, "poison", "0/4999")]


def came_back(of: Letter, number: Number, late_s: int) -> Read:
    """What a worker makes of a letter that was replayed and cannot be read again."""
    replayed = stood(replay_of(of, TOPICS, NOW))
    return letter(replayed, number, late_s=late_s)


@pytest.mark.parametrize("marker_is_there", [True, False])
def test_poison_that_is_replayed_and_dead_lettered_again_is_one_letter(marker_is_there: bool) -> None:
    # given a letter that came back twice, and a command that died before it could say that it replayed it
    first = letter(number=Number(0, 0))
    second = came_back(Letter(first), Number(0, 2), 10)
    third = came_back(Letter(second), Number(1, 0), 20)
    markers = [marked(first, Number(0, 1)), marked(second, Number(0, 3))]
    log = [first, second, third, *(markers if marker_is_there else [])]
    # then one stands, and says how often
    letters = letters_of(log)
    (one,) = standing(letters)
    assert (str(one.number), one.times, one.came_from) == ("1/0", 3, Number(0, 2))
    assert line(letters) == "dead letters: 1 standing, 0 replayed"
    assert [str(of.came_back_as) for of in letters] == ["1/0", "1/0", "None"]
    # and once its replay was handled, none does
    done = letters_of([*log, marked(third, Number(1, 1), 90)])
    assert (standing(done), line(done)) == ([], "dead letters: 0 standing, 1 replayed")


def test_a_letter_that_is_replayed_twice_at_once_is_one_letter_when_both_come_back() -> None:
    first = letter(number=Number(0, 0))
    both = [came_back(Letter(first), Number(0, n), n) for n in (1, 2)]
    (one,) = standing(letters_of([first, *both]))
    assert (str(one.number), one.times) == ("0/2", 3)


def test_letters_that_name_each_other_in_a_circle_are_one_too() -> None:
    one, other = letter(number=Number(0, 0)), letter(number=Number(0, 1), late_s=1)
    circle = [
        of._replace(headers=(*of.headers, ("tapwatt_letter", name))) for of, name in ((one, b"0/1"), (other, b"0/0"))
    ]
    assert len(letters_of(circle)) == 2


def test_what_an_author_says_of_a_letter_is_not_believed() -> None:
    # given an event that says that it was a letter
    evil = event()._replace(headers=[("tapwatt_letter", b"0/0"), *event().headers])
    # then it hides none
    assert len(standing(letters_of([letter(), letter(evil, Number(0, 1))]))) == 2


def quarantined(
    number: Number, session: str = "s1", since: str = "at one", by: str = "capturer", late_s: int = 0
) -> Letter:
    out = dead_letter(
        event(session),
        TOPICS.dead_letters,
        by,
        Kind.BROKEN_INVARIANT,
        "odd",
        NOW + timedelta(seconds=late_s),
        None,
        QuarantinedWith(since, f"op/{session}"),
    )
    return Letter(stood(out, number.partition, number.offset))


def test_of_a_quarantined_session_all_letters_are_replayed_in_order_and_the_last_one_releases_it() -> None:
    one, two = quarantined(Number(0, 1)), quarantined(Number(0, 4), since="at two")
    other, elsewhere = quarantined(Number(0, 2), "s2"), quarantined(Number(0, 3), by="tariff")
    alone = Letter(letter(event("s3"), Number(0, 5)))
    gone = Letter(quarantined(Number(0, 0)).record, "2026-03-01")
    every = [gone, one, other, elsewhere, two, alone]
    # when one letter is chosen, all that stand of its session with this service go
    chosen = in_order(with_their_sessions([two, alone], every))
    assert [str(one.number) for one in chosen] == ["0/1", "0/4", "0/5"]
    # then all are handled in spite of the quarantine that stands, and it ends with the last of them
    assert replays(chosen) == [(one, "at two", False), (two, "at two", True), (alone, "", False)]
    out = stood(replay_of(two, TOPICS, NOW, "at two", True))
    waits = delay_of(out)
    assert waits is not None
    assert (waits.replays, waits.last, waits.scheduled) == ("at two", True, 0)
    assert list_as_json([two])["letters"][0]["session_quarantined_since"] == "at two"


def test_a_record_that_no_letter_has_room_for_leaves_its_place_and_its_reason() -> None:
    huge = event()._replace(headers=[("x", b"x" * 3_000_000)], key=b"k" * 100_000)
    out = dead_letter(huge, TOPICS.dead_letters, "capturer", Kind.POISON, "the headers are too many", NOW)
    assert len(out.key or b"") + len(out.value or b"") < 100_000
    read = Letter(stood(out))
    assert read.origin == f"{HEARD}/3/17"
    assert read.reason.startswith("its 3100")
    assert read.reason.endswith("see its origin: the headers are too many")
