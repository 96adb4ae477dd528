"""The open holds as whoever is on call reads them: money by operator and age, and by name what needs somebody."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from rich.console import Console
from typer import BadParameter

from tapwatt.money import Money
from tapwatt_cli.ops.commands.moments import span
from tapwatt_cli.ops.holds_page import holds_as_json, show_holds
from tapwatt_watch.hold import OpenHold

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)


def hold(
    session: str, *, age: timedelta = timedelta(minutes=5), left: timedelta = timedelta(days=2), **more: Any
) -> OpenHold:
    told = {"operator_id": "NL-TWT", "amount": Money(minor=2500, currency="EUR"), **more}
    since = NOW - age
    return OpenHold(
        session_id=session,
        site_id="site",
        evse_id="evse",
        since=since,
        expires_at=NOW + left,
        state="charging",
        in_state_since=since,
        **told,
    )


def shown(*holds: OpenHold, every: bool = False, width: int = 100) -> str:
    console = Console(file=io.StringIO(), width=width, no_color=True)
    show_holds(console, holds, NOW, every=every)
    return console.file.getvalue()  # type: ignore[attr-defined]


def test_money_is_told_by_operator_currency_and_age_and_in_all() -> None:
    text = shown(
        hold("s1"),
        hold("s2", age=timedelta(hours=3)),
        hold("s3", age=timedelta(days=30), operator_id="DE-ABC"),
        hold("s4", amount=Money(minor=5000, currency="JPY")),
    )
    rows = [line.split() for line in text.splitlines()]
    assert ["NL-TWT", "50.00", "EUR", "1", "1"] in rows
    assert ["DE-ABC", "25.00", "EUR", "1"] in rows
    assert ["NL-TWT", "5000", "JPY", "1"] in rows
    assert "in all 4" in text
    assert "75.00 EUR" in text
    # and of a hold that needs nobody no more is said
    assert "s1" not in text


def test_what_has_run_out_or_will_soon_or_waits_for_a_person_is_named() -> None:
    text = shown(
        hold("over", left=timedelta(minutes=-5)),
        hold("soon", left=timedelta(minutes=30)),
        hold("doubted", disputed=("implausible_energy",)),
        hold("stale", stale=True),
    )
    assert "Have run out and are not settled: 1" in text
    assert "Run out within an hour: 1" in text
    assert "Wait for a person: 2" in text
    for name in ("NL-TWT/over", "NL-TWT/soon", "NL-TWT/doubted", "NL-TWT/stale"):
        assert name in text


def test_it_is_said_of_which_the_fleet_was_told_that_they_run_out() -> None:
    told, not_told = hold("told", left=timedelta(minutes=30), warned=True), hold("quiet", left=timedelta(minutes=30))
    [with_it] = [line for line in shown(told, not_told).splitlines() if "fleet was told" in line]
    assert "NL-TWT/told" in with_it
    assert {one["session_id"]: one["warned"] for one in holds_as_json([told, not_told], NOW)["holds"]} == {
        "told": True,
        "quiet": False,
    }


def test_many_are_cut_with_a_word_and_all_are_shown_where_that_is_asked_for() -> None:
    holds = [hold(f"soon-{number:03}", left=timedelta(minutes=30)) for number in range(50)]
    assert "and 30 more: --all names them" in shown(*holds)
    assert "soon-049" in shown(*holds, every=True)


def test_nothing_is_said_in_a_sentence() -> None:
    assert shown() == "No hold is open.\n"
    assert holds_as_json([], NOW)["holds"] == []


def test_it_fits_sixty_columns() -> None:
    text = shown(hold("a-session-with-a-rather-long-name-0001", disputed=("cannot_be_priced",)), every=True, width=60)
    assert max(map(len, text.splitlines())) <= 60


def test_a_span_of_time_is_typed_as_a_person_types_it() -> None:
    assert [span(text) for text in ("30min", "6h", "2d")] == [
        timedelta(minutes=30),
        timedelta(hours=6),
        timedelta(days=2),
    ]
    for wrong in ("6", "h", "-1h", "1.5h", "1w"):
        with pytest.raises(BadParameter, match="30min, 6h or 2d"):
            span(wrong)
