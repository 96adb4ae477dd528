"""Whatever goes wrong, in whatever order, a request moves its money once or not at all, and is told as it was."""

from __future__ import annotations

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr
from tests.contract.provider_clock import JumpingClock

from tapwatt.errors import OutcomeUnknown, Unavailable
from tapwatt.money import Money
from tapwatt.provider.fingerprints import Fingerprints
from tapwatt.provider.port import AuthoriseRequest, CaptureRequest, Kind, RefundRequest, Status, Transaction
from tapwatt.provider.unknown_outcomes import OutcomePolicy, find_existing, make_known
from tapwatt.testing.fake_provider import BankCard, FakeProvider, Fault, Habits

AMOUNT = Money(minor=700, currency="EUR")
POLICY = OutcomePolicy(tries=3, pause_s=1.0)
CALLS = st.lists(
    st.sampled_from([None, Fault.UNAVAILABLE, Fault.REQUEST_LOST, Fault.ANSWER_LOST, Fault.LATE, Fault.PENDING]),
    max_size=12,
)
QUESTIONS = st.lists(st.sampled_from([None, Fault.UNAVAILABLE]), max_size=8)
PAUSES_S = st.lists(st.sampled_from([0.0, 5.0, 90.0, 7_200.0, 90_000.0, 700_000.0]), min_size=1, max_size=8)


class Faults:
    """Each verb's faults, in turn; nothing more goes wrong when they are used up."""

    def __init__(self, **faults: list[Fault | None]) -> None:
        self.left = {verb: list(given) for verb, given in faults.items()}

    def __call__(self, verb: str, reference: str) -> Fault | None:
        left = self.left.get(verb)
        return left.pop(0) if left else None


class Refund:
    """A refund: of all the verbs the one that a provider would gladly do twice."""

    def __init__(self, faults: Faults) -> None:
        self.clock = JumpingClock()
        self.provider = FakeProvider(
            self.clock,
            Fingerprints({1: b"1" * 32}, live=False),
            habits=Habits(late_s=60.0, hold_s=1e9),
            trouble=faults,
        )
        self.capture = ""
        self.sent_at: list[float] = []

    async def begin(self) -> Refund:
        held = Money(minor=5000, currency="EUR")
        await self.provider.authorise(AuthoriseRequest("hold", "order", "T1", held, "Charging"))
        hold = self.provider.present("T1", BankCard(SecretStr("99" + "1" * 16)))
        assert hold is not None
        self.capture = (await self.provider.capture(CaptureRequest("take", hold.reference, held))).reference
        self.since = self.clock.now()
        return self

    async def send(self) -> Transaction:
        self.sent_at.append(self.clock.monotonic())
        return await self.provider.refund(RefundRequest("back", self.capture, AMOUNT))

    async def ask(self) -> Transaction | None:
        return await find_existing(self.provider, "order", Kind.REFUND, self.capture)()

    async def known(self) -> Transaction:
        return await make_known(self.send, self.ask, since=self.since, clock=self.clock, policy=POLICY)

    @property
    def refunded(self) -> int:
        return self.provider.holds()[0].refunded.minor


@settings(max_examples=300, deadline=None)
@given(calls=CALLS, questions=QUESTIONS, pauses=PAUSES_S)
def test_s12_money_moves_once_however_often_and_late_it_is_asked_for(
    calls: list[Fault | None], questions: list[Fault | None], pauses: list[float]
) -> None:
    async def story() -> None:
        refund = await Refund(Faults(refund=calls, find=questions)).begin()
        answers: list[Transaction] = []
        unknown = False
        # when the same event comes again and again, seconds or days apart
        for pause in [*pauses, 0.0, 700_000.0]:
            try:
                answers.append(await refund.known())
            except OutcomeUnknown:
                unknown = True
            except Unavailable:
                # then "nothing happened" was true, unless something was known or unknown before
                assert unknown or answers or not refund.refunded
            await refund.clock.sleep(pause)
            assert refund.refunded in (0, AMOUNT.minor)
        # then every answer is about the same refund, and the books agree
        await refund.clock.sleep(1_000_000)
        assert len({one.reference for one in answers}) <= 1
        assert {one.status for one in answers} <= {Status.SUCCESS, Status.PENDING}
        if answers:
            assert refund.refunded == AMOUNT.minor
        if not refund.sent_at:
            assert refund.refunded == 0

    asyncio.run(story())
