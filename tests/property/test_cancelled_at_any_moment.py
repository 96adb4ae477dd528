"""A session cancelled at whatever moment, as often as it is said: it has one answer, and no hold is left standing."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta

from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.flow.fleet import tariff
from tests.flow.ring import Ring
from tests.flow.test_scenarios import ANNA, BEN, EUR60, HERE
from tests.flow.virtual_time import EPOCH, in_virtual_time

from tapwatt.facts.events import AuthorisationDeclined, Authorised, HoldReleased, SessionCancelled, SessionRequested
from tapwatt.facts.fact import Fact
from tapwatt.testing.fake_provider import Fault, Habits

ASKED_S = 30.0
"""When the driver asks; what comes before is before the request."""
MOMENTS_S = st.sampled_from(
    [0.0, 29.0, 30.0, 30.001, 31.0, 40.0, 90.0, 149.0, 150.0, 151.0, 166.0, 195.0, 196.0, 400.0]
)
AROUND = st.floats(25, 50, allow_nan=False) | MOMENTS_S
"""Before the request, while it is handled or a card is asked for, as the time for it ends, and long after."""
FAULTS = st.lists(
    st.sampled_from([None, Fault.UNAVAILABLE, Fault.REQUEST_LOST, Fault.ANSWER_LOST, Fault.LATE]), max_size=3
)


@dataclass(frozen=True)
class Cancelled:
    """One word of the cancellation: when, and under which id of its event; under a known one it is said again."""

    at_s: float
    id: str


STORIES = st.fixed_dictionaries(
    {
        "cancelled": st.lists(st.builds(Cancelled, AROUND, st.sampled_from(["c1", "c2"])), min_size=1, max_size=3),
        "asked_again": st.lists(AROUND.filter(lambda at: at > ASKED_S), max_size=2),
        "shown_at": st.none() | AROUND,
        "crashes": st.lists(AROUND, max_size=2),
        "latency_s": st.sampled_from([0.0, 0.5, 4.0]),
        "faults": st.fixed_dictionaries(
            {}, optional={verb: FAULTS for verb in ("authorise", "cancel", "find", "status", "reverse")}
        ),
    }
)


async def _story(
    cancelled: list[Cancelled],
    asked_again: list[float],
    shown_at: float | None,
    crashes: list[float],
    latency_s: float,
    faults: dict[str, list[Fault | None]],
) -> None:
    left = {verb: list(given) for verb, given in faults.items()}
    async with Ring(habits=Habits(latency_s=latency_s), authoriser={"look_every_s": 30}) as ring:
        inner = ring.provider._trouble
        ring.provider._trouble = lambda verb, ref: left[verb].pop(0) if left.get(verb) else inner(verb, ref)

        async def at(moment_s: float, fact: Fact, name: str) -> None:
            await asyncio.sleep(moment_s)
            await ring.fleet.say(fact, name)

        async def show(moment_s: float) -> None:
            await asyncio.sleep(moment_s)
            await ring.show(HERE.terminal_id, ANNA, 0)

        async def crash(moment_s: float) -> None:
            await asyncio.sleep(moment_s)
            ring.workers["authoriser"].crash()

        # Given a driver who asks once, whatever is redelivered, and a fleet that cancels
        doing = [asyncio.ensure_future(at(ASKED_S, _asked(), "r"))]
        doing += [asyncio.ensure_future(at(again, _asked(), "r")) for again in asked_again]
        doing += [asyncio.ensure_future(at(one.at_s, _no_more(one.id), one.id)) for one in cancelled]
        doing += [asyncio.ensure_future(crash(moment_s)) for moment_s in crashes]
        showing = [asyncio.ensure_future(show(shown_at))] if shown_at is not None else []
        # When all of it has happened and the ring is quiet, also the rounds that let go what came too late
        await asyncio.gather(*doing)
        await asyncio.sleep(1200)
        for one in showing:
            one.cancel()
        await ring.calm()
        _one_answer_and_nothing_held(ring)


def _asked() -> SessionRequested:
    at = EPOCH + timedelta(seconds=ASKED_S)
    return SessionRequested(
        session_id="s1", place=HERE, hold=EUR60, tariff=tariff(), time_zone="Europe/Amsterdam", requested_at=at
    )


def _no_more(name: str) -> SessionCancelled:
    reason = "driver" if name == "c1" else "never_started"
    return SessionCancelled(operator_id="op", session_id="s1", reason=reason, cancelled_at=EPOCH)


def _one_answer_and_nothing_held(ring: Ring) -> None:
    heard = ring.fleet.heard
    said = [*heard.of(Authorised), *heard.of(AuthorisationDeclined)]
    assert len(said) == 1, said
    assert heard.contradictions == []
    # Then what stood was said and is released, and of what was not said nothing is held
    held = ring.provider.holds()
    assert [one.rest.minor for one in held if one.rest] == []
    released = [one.hold_reference for one in heard.of(HoldReleased)]
    assert released == [one.hold.reference for one in said if isinstance(one, Authorised)]
    # and the next driver's card opens nothing of this session
    assert ring.provider.present(HERE.terminal_id, BEN) is None
    assert ring.fleet.dead_letters == []


def _shortly(at_s: float, shown_at: float | None = 35.0, **more: object) -> dict[str, object]:
    usual = {"asked_again": [], "crashes": [], "latency_s": 0.0, "faults": {}}
    return {"cancelled": [Cancelled(at_s, "c1")], "shown_at": shown_at, **usual, **more}


@settings(max_examples=150, deadline=None)
@given(story=STORIES)
@example(story=_shortly(0.0))
@example(story=_shortly(30.0))
@example(story=_shortly(34.999))
@example(story=_shortly(35.0))
@example(story=_shortly(35.001))
@example(story=_shortly(36.0))
@example(story=_shortly(400.0))
@example(story=_shortly(40.0, None))
@example(story=_shortly(35.0, faults={"cancel": [Fault.UNAVAILABLE] * 9}))
@example(story=_shortly(35.0, crashes=[35.2], asked_again=[35.3]))
@example(story=_shortly(196.0, 195.0, faults={"authorise": [Fault.LATE]}))
def test_s39_a_session_cancelled_at_any_moment_has_one_answer_and_leaves_no_hold(story: dict[str, object]) -> None:
    in_virtual_time(_story(**story))  # type: ignore[arg-type]
