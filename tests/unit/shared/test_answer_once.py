"""One question about a session has one answer, the first, whatever comes again, in whatever order, after any crash."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from tests.contract.provider_clock import JumpingClock

from tapwatt.answer_once import AnswerOnce, Known
from tapwatt.errors import Unavailable
from tapwatt.facts.codec import Event, begin
from tapwatt.facts.events import SessionCancelled
from tapwatt.facts.fact import Fact
from tapwatt.facts.packed_event import pack
from tapwatt.testing.session_store import InMemorySessionStore, sessions_view
from tapwatt.worker.service import Done

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def cancelled(reason: str = "driver") -> SessionCancelled:
    return SessionCancelled.model_validate(
        {"operator_id": "op", "session_id": "s1", "reason": reason, "cancelled_at": NOON}
    )


def event(name: str, fact: Fact) -> Event:
    return begin(fact, name, "/fleet", NOON)


class Desk:
    """A service that answers a cancellation with another one, and counts how often it was asked."""

    def __init__(self) -> None:
        self.clock = JumpingClock()
        self.view = sessions_view(self.clock, whole=True)
        self.answer_once = AnswerOnce(InMemorySessionStore(self.view, self.clock), "desk", self.clock, 45)
        self.asked: list[Known] = []
        self.missing = False

    async def answer(self, known: Known) -> tuple[Event, Fact] | None:
        self.asked.append(known)
        return None if self.missing else (known["heard"], cancelled("operator"))

    async def hear(self, heard: Event) -> Done:
        return await self.answer_once(heard, "heard", "said", self.answer)


def said(done: Done) -> Event:
    [one] = done.say
    assert isinstance(one, Event)
    return one


async def test_what_was_said_is_said_again_as_it_was_and_nobody_is_asked_twice() -> None:
    # given an answer that was said and remembered
    desk = Desk()
    first = await desk.hear(event("e1", cancelled()))
    await first.remember()
    # when the same comes again much later, and something else under the same name
    await desk.clock.sleep(86400)
    again = await desk.hear(event("e1", cancelled()))
    other = await desk.hear(event("e2", cancelled("fault")))
    # then it is the very same event
    assert said(again) == said(first) == said(other)
    assert len(desk.asked) == 1


async def test_a_crash_before_it_was_remembered_leads_to_the_same_id() -> None:
    # given an answer that was said, and a crash before it was remembered
    desk = Desk()
    first = said(await desk.hear(event("e1", cancelled())))
    # when the event is handled again, after another one of the same session
    other = said(await desk.hear(event("e2", cancelled("fault"))))
    # then the first that was heard is what is answered, under the same id
    assert first.envelope.id == other.envelope.id
    assert [known["heard"].envelope.id for known in desk.asked] == ["e1", "e1"]


async def test_while_something_is_missing_nothing_is_said_or_remembered() -> None:
    desk = Desk()
    desk.missing = True
    done = await desk.hear(event("e1", cancelled()))
    await done.remember()
    assert done.say == ()
    desk.missing = False
    assert said(await desk.hear(event("e1", cancelled()))).fact == cancelled("operator")


async def test_what_is_not_known_for_certain_is_not_answered() -> None:
    # given a store that is being rebuilt
    desk = Desk()
    desk.view.flush()
    # then nobody is asked and nothing is said
    with pytest.raises(Unavailable):
        await desk.hear(event("e1", cancelled()))
    assert desk.asked == []


async def test_a_session_is_remembered_for_so_many_days() -> None:
    desk = Desk()
    first = await desk.hear(event("e1", cancelled()))
    await first.remember()
    await desk.clock.sleep(46 * 86400)
    await desk.hear(event("e9", cancelled()))
    assert len(desk.asked) == 2


async def test_what_an_event_was_answered_is_said_again_also_when_another_one_counts_as_the_first_since() -> None:
    # given an answer to the second of two, because the first waited for its next try
    desk = Desk()
    late, heard = event("e1", cancelled("fault")), event("e2", cancelled())

    def refusal(first: Event, again: Event) -> Fact | None:
        return None if first.fact == again.fact else cancelled("never_started")

    async def hear(one: Event) -> Done:
        return await desk.answer_once(one, "heard", "said", desk.answer, refusal)

    answered = said(await hear(heard))
    # when the view is lost, and rebuilt from the log: the one that waited stands there first
    desk.view = sessions_view(desk.clock, whole=True)
    sessions = InMemorySessionStore(desk.view, desk.clock)
    desk.answer_once = AnswerOnce(sessions, "desk", desk.clock, 45)
    await sessions.remember("op/s1", "heard", pack(late), ttl_s=60)
    await sessions.remember("op/s1", "said", pack(answered), ttl_s=60)
    # then the second one hears what it heard, and no refusal under the same id
    assert said(await hear(heard)) == answered
