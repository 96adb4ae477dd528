"""Stories of money that goes back after a capture, and of what a person does at the provider's portal."""

from __future__ import annotations

from simulator.fleet.drivers import Scene, Session, expect
from simulator.fleet.tariffs import STREET
from tapwatt.facts.events import Captured, ChargedBack, Refunded, RefundFailed, RefundRequested, SessionDisputed
from tapwatt.facts.reasons import EndReason
from tapwatt.money import Money

from .story import Shelf

_shelf = Shelf()
story = _shelf.story


async def _charged(scene: Scene) -> tuple[Session, Captured]:
    session = scene.session(STREET)
    await session.start(await scene.card())
    await session.charge("12.5", minutes=30)
    await session.end(EndReason.EV_DISCONNECTED)
    return session, await session.captured()


async def _refund(scene: Scene, session: Session, number: int, amount: Money) -> Refunded | RefundFailed:
    """The operator asks for a refund, as `tapwatt refund` does, and hears what came of it."""
    asked = RefundRequested(
        operator_id=session.place.operator_id,
        session_id=session.id,
        refund_id=f"{session.id}-{number}",
        amount=amount,
        reason="the cable was broken",
        requested_by="anna",
    )
    await scene.fleet.say(asked)
    about, patience_s = str(asked.identity), scene.waiting.patience_s
    _, answer = await scene.fleet.inbox.first(about, Refunded, RefundFailed, within_s=patience_s)
    assert isinstance(answer, Refunded | RefundFailed)
    return answer


@story(20)
async def refunded_in_parts(scene: Scene) -> None:
    """Money goes back in two parts, and no cent more than was taken."""
    session, captured = await _charged(scene)
    part = Money.of("1.00", captured.taken.currency)
    first = await _refund(scene, session, 1, part)
    expect(isinstance(first, Refunded), f"{session.id}: Refunded, not {first.name}")
    too_much = await _refund(scene, session, 2, captured.taken)
    expect(isinstance(too_much, RefundFailed), f"{session.id}: RefundFailed, not {too_much.name}")
    rest = await _refund(scene, session, 3, captured.taken - part)
    expect(isinstance(rest, Refunded), f"{session.id}: Refunded, not {rest.name}")
    if isinstance(rest, Refunded):
        expect(rest.refunded_in_all == captured.taken, f"{session.id}: all of {captured.taken} back")


@story(40, 20)
async def taken_by_hand(scene: Scene) -> None:
    """A person takes too much at the provider's portal: it is found, said, and the difference given back."""
    session = scene.session(STREET)
    authorised = await session.start(await scene.card())
    await session.charge("12.5", minutes=30)
    await scene.world.by_hand("capture", authorised.hold.reference, Money.of("20.00", "EUR"))
    await session.end(EndReason.EV_DISCONNECTED)
    captured = await session.captured()
    expect(captured.taken_by == "by_hand" and bool(captured.overcharge), f"{session.id}: too much taken by hand")
    about, patience_s = session.order_reference, scene.waiting.patience_s
    await scene.fleet.inbox.first(about, SessionDisputed, within_s=patience_s)
    assert captured.overcharge is not None
    back = await _refund(scene, session, 1, captured.overcharge)
    expect(isinstance(back, Refunded), f"{session.id}: Refunded, not {back.name}")


@story(31)
async def charged_back(scene: Scene) -> None:
    """The driver's bank takes the money back: the operator hears of it from us, not from the bank statement."""
    session, captured = await _charged(scene)
    await scene.world.by_hand("chargeback", captured.capture_reference)
    about, patience_s = session.order_reference, scene.waiting.patience_s
    _, said = await scene.fleet.inbox.first(about, ChargedBack, within_s=patience_s)
    expect(said.amount == captured.taken, f"{session.id}: all of {captured.taken} charged back, not {said.amount}")


@story(40)
async def let_go_by_hand(scene: Scene) -> None:
    """A person lets the hold go at the provider's portal: what was owed is waived, and said."""
    session = scene.session(STREET)
    authorised = await session.start(await scene.card())
    await session.charge("12.5", minutes=30)
    await scene.world.by_hand("reversal", authorised.hold.reference)
    await session.end(EndReason.EV_DISCONNECTED)
    released = await session.released()
    expect(released.reason == "by_hand", f"{session.id}: let go by hand, not {released.reason}")


STORIES = _shelf.stories
