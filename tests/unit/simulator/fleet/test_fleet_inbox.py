"""What a fleet hears reaches the driver who waits for it, once."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from simulator.fleet.inbox import Inbox, StillWaiting
from tapwatt.facts.codec import Event, begin
from tapwatt.facts.events import AuthorisationDeclined, Authorised, TokenNotMatched
from tapwatt.facts.fields import Place
from tapwatt.facts.reasons import DeclineReason, NoMatchReason

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
PLACE = Place(operator_id="op", site_id="site", terminal_id="T1", evse_id="E1")


def declined(session_id: str, event_id: str = "d1") -> Event:
    fact = AuthorisationDeclined(session_id=session_id, place=PLACE, reason=DeclineReason.DECLINED)
    return begin(fact, event_id, "/test", NOW)


async def test_what_was_heard_before_anybody_waited_is_still_there() -> None:
    # given a fact that came early
    inbox = Inbox()
    inbox.put(declined("s1"))
    # when its driver asks, then it is given
    _, fact = await inbox.first("s1", AuthorisationDeclined, within_s=0.1)
    assert fact.session_id == "s1"


async def test_who_waits_is_woken_by_their_own_fact_only() -> None:
    # given a driver who waits
    inbox = Inbox()
    waiting = asyncio.create_task(inbox.first("s1", AuthorisationDeclined, within_s=5))
    await asyncio.sleep(0)
    # when somebody else's fact comes, nothing happens
    inbox.put(declined("s2", "d2"))
    await asyncio.sleep(0.01)
    assert not waiting.done()
    # then theirs wakes them
    inbox.put(declined("s1"))
    _, fact = await waiting
    assert fact.session_id == "s1"


async def test_a_stop_is_heard_of_by_its_own_name() -> None:
    # given the answer to a stop, which names no session
    inbox = Inbox()
    answer = TokenNotMatched(stop_id="stop-1", terminal_id="T1", reason=NoMatchReason.NO_SESSION)
    inbox.put(begin(answer, "n1", "/test", NOW))
    # then who asked to stop hears it
    _, fact = await inbox.first("stop-1", TokenNotMatched, within_s=0.1)
    assert fact == answer


async def test_s12_a_redelivery_is_heard_once() -> None:
    # when the same event is delivered three times
    inbox = Inbox()
    for _ in range(3):
        inbox.put(declined("s1"))
    # then it was heard once
    assert len(inbox.about("s1")) == 1


async def test_who_waits_too_long_is_told_what_came_instead() -> None:
    # given another fact than the one that is waited for
    inbox = Inbox()
    inbox.put(declined("s1"))
    # then the sentence says both
    with pytest.raises(StillWaiting, match=r"s1: no Authorised within 0.01 s; heard AuthorisationDeclined"):
        await inbox.first("s1", Authorised, within_s=0.01)
