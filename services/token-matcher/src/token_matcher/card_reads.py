"""Reads a card at a terminal for somebody who wants to stop; no money moves."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Protocol

from tapwatt.errors import OutcomeUnknown
from tapwatt.facts.events import StopRequested, TokenNotMatched
from tapwatt.facts.reasons import NoMatchReason
from tapwatt.provider.gateway import Gateway
from tapwatt.provider.port import Transaction
from token_matcher.decide import Presented, ask, not_matched, read, stop_name
from token_matcher.reads_of_a_stop import ProviderAway, ReadsOfAStop
from token_matcher.settings import TokenMatcherSettings

SCHEDULE_S = 60
"""So long after it was looked at, the worker's schedule has an answered stop looked at again."""


class Answers(Protocol):
    """Where the first value under a name is kept for a day."""

    async def answer(self, stop_id: str, value: bytes) -> bytes:
        """Keep the first value. The one that is kept."""
        ...

    async def answered(self, stop_id: str) -> bytes | None:
        """The value that is kept."""
        ...


class CardReads:
    """Asks terminals which card a driver presents.

    The provider knows no idempotency of card reads: what is sent twice is read twice. So what was read for a stop is
    asked for before anything is sent, whatever succeeded is taken, and what is left over is cancelled.
    """

    def __init__(self, gateway: Gateway, answers: Answers, settings: TokenMatcherSettings) -> None:
        self._gateway = gateway
        self._answers = answers
        self._settings = settings
        self._doubtful: set[str] = set()
        """Stops of which a read may still stand at the terminal, or come late, once they are answered."""

    async def read(self, stop: StopRequested) -> Presented | TokenNotMatched:
        """The card that was presented in time, or why none was; a reason is said only where it is known."""
        mark = _mark(stop)
        sent_before = await self._answers.answered(mark) is not None
        reads = ReadsOfAStop(self._gateway, ask(stop), self._settings)
        self._doubtful.add(mark)
        try:
            told = await self._told(stop, reads, mark, sent_before)
        except ProviderAway:
            return not_matched(stop, NoMatchReason.PROVIDER_UNAVAILABLE)
        if told is not None and told.final and not (sent_before or reads.doubtful):
            self._doubtful.discard(mark)
        if told is None or not told.final:
            return not_matched(stop, NoMatchReason.TIMED_OUT)
        return read(stop, told, timedelta(seconds=self._settings.presentation_s))

    async def _told(self, stop: StopRequested, reads: ReadsOfAStop, mark: str, sent_before: bool) -> Transaction | None:
        """The read that counts as it ended, or as it stands when the driver's time is over; None if there is none."""
        # A prompt that may stand at the terminal is worth patience: the driver may tap into it. Else a true no is.
        told = await reads.known(self._settings.driver_s if sent_before else self._settings.unavailable_s)
        if told is None:
            if self._age_s(stop) >= self._settings.begin_within_s:
                return None
            await self._answers.answer(mark, self._gateway.clock.now().isoformat().encode())
            told = await reads.begun()
        return await reads.presented(told, asked_at=stop.requested_at)

    async def cancel_leftovers(self, stop: StopRequested, *, answered_before: bool) -> None:
        """Cancel what still waits at the terminal for a stop that is answered, and what comes late.

        OutcomeUnknown while something may yet come: the answer is said, and the stop is looked at again by schedule.
        """
        mark = _mark(stop)
        doubtful = mark in self._doubtful
        self._doubtful.discard(mark)
        sent = await self._answers.answered(mark) if doubtful or answered_before else None
        if sent is None:
            return
        sent_at, clock = datetime.fromisoformat(sent.decode()), self._gateway.clock
        # What comes later than the schedule's next look would be at its end by then, and ends by itself.
        over = sent_at + timedelta(seconds=self._gateway.life_s - SCHEDULE_S)
        if clock.now() >= over:
            return
        with suppress(ProviderAway):
            reads = ReadsOfAStop(self._gateway, ask(stop), self._settings)
            await reads.cancel_all(self._settings.cancel_within_s if doubtful else 0)
        raise OutcomeUnknown(f"stop {stop.stop_id} is answered, and a card read of it may still stand or come late")

    def _age_s(self, stop: StopRequested) -> float:
        return (self._gateway.clock.now() - stop.requested_at).total_seconds()


def _mark(stop: StopRequested) -> str:
    """Under this name is kept when a card read was first sent for the stop, by our clock."""
    return f"{stop_name(stop.operator_id, stop.stop_id)}/sent"
