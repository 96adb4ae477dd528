"""A pending transaction is followed to its end by asking; a hint only makes us ask sooner."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from tests.contract.provider_clock import StandingClock, settle

from tapwatt.errors import BadCredentials, BrokenInvariant, TapwattError, Unavailable
from tapwatt.money import Money
from tapwatt.provider.polling import PollingPace, poll_until_final
from tapwatt.provider.port import Kind, Status, Transaction
from tapwatt.provider.webhook_hints import WebhookHints
from tapwatt.testing.fake_provider import FakeProvider

PENDING = Transaction("H1", Kind.AUTHORISE, Status.PENDING, "order-1", asked=Money(minor=2000, currency="EUR"))
DONE = replace(PENDING, status=Status.SUCCESS, amount=PENDING.asked)
PACE = PollingPace(first_s=1.0, growth=2.0, longest_s=8.0, least_s=0.5)


class Answers(FakeProvider):
    """Knows one transaction and remembers when it was asked about it."""

    def __init__(self, clock: StandingClock) -> None:
        self.clock = clock
        self.answer: Transaction | TapwattError | None = PENDING
        self.asked_at: list[float] = []

    async def status(self, reference: str) -> Transaction | None:
        assert reference == "H1"
        self.asked_at.append(self.clock.monotonic())
        if isinstance(self.answer, TapwattError):
            raise self.answer
        return self.answer


class Following:
    """One transaction being followed, until 60 s."""

    def __init__(self, deadline: float = 60.0, transaction: Transaction = PENDING) -> None:
        self.clock, self.hints = StandingClock(), WebhookHints()
        self.answers = Answers(self.clock)
        self.task = asyncio.ensure_future(
            poll_until_final(
                self.answers, transaction, deadline=deadline, clock=self.clock, hints=self.hints, pace=PACE
            )
        )


async def test_it_asks_ever_less_often_and_once_more_at_the_deadline() -> None:
    following = Following(deadline=30.0)
    await following.clock.advance(100)
    assert following.answers.asked_at == [1.0, 3.0, 7.0, 15.0, 23.0, 30.0]
    assert (await following.task).status is Status.PENDING


async def test_it_ends_as_soon_as_an_answer_is_final() -> None:
    following = Following()
    await following.clock.advance(2)
    following.answers.answer = DONE
    await following.clock.advance(1)
    assert await following.task == DONE
    assert following.answers.asked_at == [1.0, 3.0]


async def test_what_is_final_already_is_not_asked_about() -> None:
    following = Following(transaction=DONE)
    await settle()
    assert await following.task == DONE
    assert following.answers.asked_at == []


async def test_after_the_deadline_it_asks_once() -> None:
    following = Following(deadline=-1.0)
    await settle()
    assert (await following.task).status is Status.PENDING
    assert following.answers.asked_at == [0.0]


async def test_s25_a_hint_makes_it_ask_at_once_and_is_not_believed() -> None:
    following = Following()
    await following.clock.advance(4)
    # when a hint comes between two questions, and nothing has changed
    following.hints.hint("H1")
    await following.clock.advance(1.5)
    # then it asks, goes on waiting, and hears the truth when there is one
    assert following.answers.asked_at == [1.0, 3.0, 4.0]
    following.answers.answer = DONE
    following.hints.hint("H1")
    await settle()
    assert await following.task == DONE


async def test_s25_a_hint_about_another_transaction_changes_nothing() -> None:
    following = Following()
    await following.clock.advance(1.5)
    following.hints.hint("H2")
    await following.clock.advance(1)
    assert following.answers.asked_at == [1.0]
    following.task.cancel()


async def test_s25_a_flood_of_hints_does_not_become_a_flood_of_questions() -> None:
    following = Following()
    for _ in range(100):
        following.hints.hint("H1")
        await following.clock.advance(0.1)
    assert len(following.answers.asked_at) <= 10.0 / PACE.least_s + 1
    following.task.cancel()


async def test_a_provider_that_cannot_be_asked_is_asked_again_when_it_wants() -> None:
    following = Following()
    following.answers.answer = Unavailable("too many requests", retry_after_s=20.0)
    await following.clock.advance(1)
    following.answers.answer = DONE
    await following.clock.advance(20)
    assert await following.task == DONE
    assert following.answers.asked_at == [1.0, 21.0]


async def test_a_reference_that_is_not_known_yet_is_asked_about_again() -> None:
    following = Following()
    following.answers.answer = None
    await following.clock.advance(1)
    following.answers.answer = DONE
    await following.clock.advance(2)
    assert await following.task == DONE


async def test_s30_bad_credentials_end_the_asking() -> None:
    following = Following()
    following.answers.answer = BadCredentials("no")
    await following.clock.advance(1)
    with pytest.raises(BadCredentials):
        await following.task


@pytest.mark.parametrize(
    "changed",
    [
        replace(DONE, asked=Money(minor=2001, currency="EUR")),
        replace(DONE, kind=Kind.CAPTURE),
        replace(DONE, order_reference="order-2"),
    ],
    ids=["amount", "kind", "order"],
)
async def test_a_transaction_that_becomes_another_is_a_broken_invariant(changed: Transaction) -> None:
    following = Following()
    following.answers.answer = changed
    await following.clock.advance(1)
    with pytest.raises(BrokenInvariant, match="H1"):
        await following.task


async def test_nobody_listens_any_more_when_it_has_ended() -> None:
    following = Following()
    await settle()
    assert following.hints.listened == 1
    following.task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await following.task
    assert following.hints.listened == 0
