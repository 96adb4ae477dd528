"""Stories in which the provider has a bad moment: drivers must not notice, and no money may move twice or be lost."""

from __future__ import annotations

from simulator.fleet.drivers import Scene, Session
from simulator.fleet.tariffs import STREET
from simulator.provider.faults import Fault
from tapwatt.facts.reasons import EndReason

from .story import Shelf

_shelf = Shelf()
story = _shelf.story


async def _charge_and_settle(scene: Scene, session: Session) -> None:
    await session.start(await scene.card())
    await session.charge("12.5", minutes=35)
    await session.end(EndReason.EV_DISCONNECTED)
    await session.captured()


async def _with(scene: Scene, **fault: object) -> None:
    """One ordinary session under this fault, which strikes its session only."""
    session = scene.session(STREET)
    await scene.world.fault(Fault.model_validate({"order_reference": session.order_reference, **fault}))
    await _charge_and_settle(scene, session)


@story(9)
async def hold_answer_lost(scene: Scene) -> None:
    """The provider begins the hold and its answer is lost: asked for by reference, one hold."""
    await _with(scene, kind="answer_lost", verb="authorise", count=1)


@story(9)
async def hold_answer_broken(scene: Scene) -> None:
    """The provider begins the hold and answers 502."""
    await _with(scene, kind="error_after", verb="authorise", count=1, status=502)


@story(9)
async def hold_slow(scene: Scene) -> None:
    """The provider takes two seconds to begin the hold."""
    await _with(scene, kind="latency", verb="authorise", count=1, seconds=2)


@story(10)
async def capture_answer_lost(scene: Scene) -> None:
    """The provider takes the money and its answer is lost: asked for, never taken again."""
    await _with(scene, kind="answer_lost", verb="capture", count=1)


@story(10)
async def capture_answer_broken(scene: Scene) -> None:
    """The provider takes the money and answers 500, twice."""
    await _with(scene, kind="error_after", verb="capture", count=2, status=500)


@story(10)
async def provider_down_at_capture(scene: Scene) -> None:
    """The provider answers 503 to the capture three times, having done nothing."""
    await _with(scene, kind="error_before", verb="capture", count=3)


@story(10)
async def provider_too_busy(scene: Scene) -> None:
    """The provider answers 429 to the hold and to the capture."""
    session = scene.session(STREET)
    for verb in ("authorise", "capture"):
        fault = {"kind": "too_many_requests", "verb": verb, "order_reference": session.order_reference, "count": 2}
        await scene.world.fault(Fault.model_validate(fault))
    await _charge_and_settle(scene, session)


@story(10, often=0)
async def capture_pending(scene: Scene) -> None:
    """The provider takes its time over the capture: pending first, then done."""
    await _with(scene, kind="pending", verb="capture", count=1, seconds=2)


@story(18)
async def release_answer_lost(scene: Scene) -> None:
    """The provider lets the hold go and its answer is lost."""
    session = scene.session(STREET)
    fault = {"kind": "answer_lost", "verb": "reversal", "order_reference": session.order_reference, "count": 1}
    await scene.world.fault(Fault.model_validate(fault))
    await session.start(await scene.card())
    await session.cancel()
    await session.released()


STORIES = _shelf.stories
