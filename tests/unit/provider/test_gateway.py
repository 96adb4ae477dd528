"""A request about a hold is done once, for good: a refusal stands only if the same was not done before."""

from __future__ import annotations

import asyncio

import pytest
from pydantic import SecretStr
from tests.contract.provider_clock import JumpingClock

from tapwatt.errors import BrokenInvariant, NeedsHuman, OutcomeUnknown
from tapwatt.facts.bill import CardSlip
from tapwatt.facts.ids import idempotency_reference
from tapwatt.money import Money
from tapwatt.provider import gateway as gateways
from tapwatt.provider.card_slips import Shown
from tapwatt.provider.fingerprints import Fingerprints
from tapwatt.provider.gateway import Gateway
from tapwatt.provider.port import (
    KIND_OF,
    AuthoriseRequest,
    CaptureRequest,
    Failure,
    FollowUp,
    Kind,
    RefundRequest,
    ReversalRequest,
    Status,
    Transaction,
    succeeded,
)
from tapwatt.testing.fake_provider import BankCard, FakeProvider, Fault, Habits

HELD, PART = Money(minor=2000, currency="EUR"), Money(minor=900, currency="EUR")
CARD = BankCard(SecretStr("99" + "1" * 16), shown=Shown(brand=SecretStr("visa")))


class Till:
    """A gateway to a provider in memory, and a hold that stands."""

    def __init__(self) -> None:
        self.clock = JumpingClock()
        self.provider = FakeProvider(self.clock, Fingerprints({1: b"1" * 32}, live=False), habits=Habits(late_s=60.0))
        self.gateway = Gateway(self.provider, self.clock)
        self.hold = ""

    async def open(self) -> Till:
        await self.provider.authorise(AuthoriseRequest("hold", "order", "T1", HELD, "Charging"))
        self.hold = self.provider.present("T1", CARD).reference
        return self

    def capture(self) -> CaptureRequest:
        return CaptureRequest(idempotency_reference("capture", self.hold), self.hold, PART)

    async def complete(self, request: FollowUp) -> Transaction:
        return await self.gateway.complete(request, "order", since=self.clock.now())


async def test_each_request_is_sent_by_its_own_verb_and_found_by_its_own_kind() -> None:
    till = await Till().open()
    captured = await till.complete(till.capture())
    refunded = await till.complete(RefundRequest("back", captured.reference, PART))
    released = await till.complete(ReversalRequest.of(till.hold))
    assert [(one.kind, one.amount) for one in (captured, refunded)] == [(Kind.CAPTURE, PART), (Kind.REFUND, PART)]
    assert (released.kind, set(KIND_OF.values())) == (Kind.REVERSAL, set(Kind) - {Kind.CHARGEBACK})


@pytest.mark.parametrize("fault", [Fault.ANSWER_LOST, Fault.LATE, Fault.REQUEST_LOST, Fault.PENDING])
async def test_s10_an_answer_that_is_lost_or_late_is_found_and_done_once(fault: Fault) -> None:
    till = await Till().open()
    till.provider.break_next("capture", fault)
    assert (await till.complete(till.capture())).status is Status.SUCCESS
    assert till.provider.holds()[0].captured == PART


async def test_a_refusal_after_the_same_was_done_under_another_reference_is_no_refusal() -> None:
    # given a capture that was done under a reference which the provider has forgotten
    till = await Till().open()
    done = await till.provider.capture(CaptureRequest("forgotten", till.hold, PART))
    # when it is asked for again, which the provider refuses
    answer = await till.complete(till.capture())
    # then what was done is the answer
    assert answer.reference == done.reference
    assert till.provider.holds()[0].captured == PART


async def test_a_refusal_of_what_was_never_done_stands() -> None:
    till = await Till().open()
    answer = await till.complete(CaptureRequest("c", "no-such-hold", PART))
    assert (answer.status, answer.failure) == (Status.FAILED, Failure.UNKNOWN_REFERENCE)


def test_only_a_final_answer_is_success_or_failure() -> None:
    def told(status: Status) -> Transaction:
        return Transaction("tx-1", Kind.CAPTURE, status)

    assert succeeded(told(Status.SUCCESS), "s1")
    assert not succeeded(told(Status.FAILED), "s1")
    with pytest.raises(OutcomeUnknown, match="capture tx-1 of session s1 is still pending"):
        succeeded(told(Status.PENDING), "s1")
    with pytest.raises(NeedsHuman, match="call the provider's helpdesk"):
        succeeded(told(Status.MANUAL), "s1")


async def test_the_slip_of_a_hold_is_asked_for_a_few_times_and_then_done_without() -> None:
    till = await Till().open()
    till.provider.break_next("slip", Fault.UNAVAILABLE, Fault.UNAVAILABLE)
    slip = await till.gateway.slip(till.hold)
    assert slip is not None
    assert slip.brand == "visa"
    till.provider.break_next("slip", *[Fault.UNAVAILABLE] * 3)
    assert await till.gateway.slip(till.hold) is None


async def test_a_slip_that_does_not_come_holds_nothing_up(monkeypatch: pytest.MonkeyPatch) -> None:
    class Odd(FakeProvider):
        async def slip(self, hold_reference: str) -> CardSlip | None:
            if hold_reference == "slow":
                await asyncio.sleep(3600)
            raise BrokenInvariant("the answer is about another")

    monkeypatch.setattr(gateways, "SLIP_S", 0.05)
    clock = JumpingClock()
    gateway = Gateway(Odd(clock, Fingerprints({1: b"1" * 32}, live=False)), clock)
    assert await gateway.slip("slow") is None
    assert await gateway.slip("odd") is None
