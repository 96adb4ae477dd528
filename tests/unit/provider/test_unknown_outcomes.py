"""Unknown is not no: it is asked about, sent again under the same reference."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pydantic import SecretStr
from tests.contract.provider_clock import JumpingClock

from tapwatt.errors import BrokenInvariant, OutcomeUnknown, Unavailable
from tapwatt.money import Money
from tapwatt.provider.fingerprints import Fingerprints
from tapwatt.provider.port import AuthoriseRequest, CaptureRequest, Kind, RefundRequest, Status, Transaction
from tapwatt.provider.unknown_outcomes import OutcomePolicy, find_existing, make_known
from tapwatt.testing.fake_provider import BankCard, FakeProvider, Fault, Habits

POLICY = OutcomePolicy(tries=3, pause_s=2.0)
HELD, TAKEN = Money(minor=2000, currency="EUR"), Money(minor=900, currency="EUR")


class Till:
    """A hold, and a capture of it that may go wrong."""

    def __init__(self) -> None:
        self.clock = JumpingClock()
        self.sent = self.asked = 0
        self.provider = FakeProvider(self.clock, Fingerprints({1: b"1" * 32}, live=False), habits=Habits(late_s=60.0))
        self.hold: Transaction | None = None

    async def open(self) -> Till:
        begun = await self.provider.authorise(AuthoriseRequest("hold", "order", "T1", HELD, "Charging"))
        self.hold = self.provider.present("T1", BankCard(SecretStr("99" + "1" * 16)))
        assert self.hold is not None
        assert self.hold.reference == begun.reference
        return self

    async def send(self) -> Transaction:
        self.sent += 1
        assert self.hold is not None
        return await self.provider.capture(CaptureRequest("take", self.hold.reference, TAKEN))

    async def ask(self) -> Transaction | None:
        self.asked += 1
        assert self.hold is not None
        return await find_existing(self.provider, "order", Kind.CAPTURE, self.hold.reference)()

    async def known(self, age: timedelta = timedelta(0)) -> Transaction:
        since = self.clock.now() - age
        return await make_known(self.send, self.ask, since=since, clock=self.clock, policy=POLICY)

    @property
    def captured(self) -> int:
        return self.provider.holds()[0].captured.minor


async def test_an_answer_is_taken_without_asking() -> None:
    till = await Till().open()
    assert (await till.known()).status is Status.SUCCESS
    assert (till.sent, till.asked, till.captured) == (1, 0, 900)


async def test_s10_a_lost_answer_is_found_and_not_sent_again() -> None:
    till = await Till().open()
    till.provider.break_next("capture", Fault.ANSWER_LOST)
    assert (await till.known()).status is Status.SUCCESS
    assert (till.sent, till.asked, till.captured) == (1, 1, 900)


async def test_s10_a_lost_request_is_sent_again_once_it_is_not_found() -> None:
    till = await Till().open()
    till.provider.break_next("capture", Fault.REQUEST_LOST)
    assert (await till.known()).status is Status.SUCCESS
    assert (till.sent, till.asked, till.captured) == (2, 1, 900)


async def test_nothing_is_sent_again_while_it_cannot_be_asked_about() -> None:
    till = await Till().open()
    till.provider.break_next("capture", Fault.ANSWER_LOST)
    till.provider.break_next("find", *[Fault.UNAVAILABLE] * 9)
    with pytest.raises(OutcomeUnknown):
        await till.known()
    assert (till.sent, till.asked) == (1, 3)


async def test_unavailable_goes_up_only_if_nothing_can_have_happened() -> None:
    till = await Till().open()
    till.provider.break_next("capture", Fault.UNAVAILABLE)
    with pytest.raises(Unavailable):
        await till.known()
    # but after an unknown outcome, "not now" says nothing about before
    till.provider.break_next("capture", Fault.LATE, *[Fault.UNAVAILABLE] * 9)
    with pytest.raises(OutcomeUnknown):
        await till.known()


async def test_tries_are_bounded_and_then_the_outcome_is_unknown() -> None:
    till = await Till().open()
    till.provider.break_next("capture", *[Fault.REQUEST_LOST] * 9)
    with pytest.raises(OutcomeUnknown):
        await till.known()
    assert (till.sent, till.asked, till.captured) == (3, 3, 0)


@pytest.mark.parametrize("days", [1, 7, -2])
async def test_s12_what_the_provider_may_have_forgotten_is_asked_first(days: int) -> None:
    till = await Till().open()
    first = await till.known()
    await till.clock.sleep(2 * 86_400)
    again = await till.known(timedelta(days=days))
    assert again.reference == first.reference
    assert (till.sent, till.asked, till.captured) == (1, 1, 900)


async def test_an_old_event_that_was_never_done_is_still_done() -> None:
    till = await Till().open()
    assert (await till.known(timedelta(days=3))).status is Status.SUCCESS
    assert (till.sent, till.asked) == (1, 1)


async def test_an_old_event_that_cannot_be_asked_about_is_not_sent() -> None:
    till = await Till().open()
    till.provider.break_next("find", Fault.UNAVAILABLE)
    with pytest.raises(Unavailable):
        await till.known(timedelta(days=3))
    assert till.sent == 0


async def test_two_of_what_may_happen_once_is_a_broken_invariant() -> None:
    till = await Till().open()
    taken = await till.known()
    for key in ("one", "two"):
        await till.provider.refund(RefundRequest(key, taken.reference, Money(minor=100, currency="EUR")))
    refunds = [one.reference for one in await till.provider.find("order") if one.kind is Kind.REFUND]
    with pytest.raises(BrokenInvariant, match=refunds[0]):
        await find_existing(till.provider, "order", Kind.REFUND, taken.reference)()
