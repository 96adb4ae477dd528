"""Whatever goes wrong, and whenever a card is shown: once a late hold is let be, nothing is held and nothing comes."""

from __future__ import annotations

import asyncio
import contextlib

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.authoriser.late_hold_cases import CARD, LateCase

from tapwatt.errors import Unavailable
from tapwatt.testing.fake_provider import Fault

QUESTIONS = st.lists(st.sampled_from([None, Fault.UNAVAILABLE]), max_size=8)
CHANGES = st.lists(
    st.sampled_from([None, Fault.UNAVAILABLE, Fault.REQUEST_LOST, Fault.ANSWER_LOST, Fault.LATE, Fault.PENDING]),
    max_size=8,
)


@settings(max_examples=200, deadline=None)
@given(
    sent=st.sampled_from([None, Fault.REQUEST_LOST, Fault.ANSWER_LOST, Fault.LATE]),
    shown=st.sampled_from([0, 1, 3, 10, 40]),
    questions=QUESTIONS,
    cancelling=QUESTIONS,
    letting_go=CHANGES,
)
def test_s09_what_is_let_be_holds_nothing_and_never_will(
    sent: Fault | None,
    shown: int,
    questions: list[Fault | None],
    cancelling: list[Fault | None],
    letting_go: list[Fault | None],
) -> None:
    faults = {"authorise": [sent], "find": questions, "cancel": cancelling, "reverse": letting_go}

    def trouble(verb: str, reference: str) -> Fault | None:
        left = faults.get(verb)
        return left.pop(0) if left else None

    async def story() -> None:
        # Given a hold of which nobody knows what became of it, and a driver who was told no
        case = LateCase(trouble)
        hold = await case.begun()
        await case.declined()
        # When it is looked at round after round, and a card is shown before one of them
        over = at = 0
        while not over:
            if at == shown:
                case.provider.present(hold.terminal_id, CARD)
            with contextlib.suppress(Unavailable):
                over = await case.look()
            at += 1
            await case.clock.sleep(30)
            assert at < 300, "it is never over"
        # Then nothing is held, nothing is asked for at the terminal, and so it stays
        assert not case.held(hold)
        assert case.provider.present(hold.terminal_id, CARD) is None
        await case.clock.sleep(3 * 86_400)
        assert not case.held(hold)
        assert case.pages == []

    asyncio.run(story())
