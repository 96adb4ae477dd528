"""Reads a card at a terminal for somebody who wants to stop; no money moves."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from tapwatt.errors import Unavailable
from tapwatt.facts.cards import Card
from tapwatt.facts.events import StopRequested, TokenNotMatched
from tapwatt.facts.reasons import NoMatchReason
from tapwatt.provider.gateway import Gateway
from tapwatt.provider.port import Kind, Transaction
from tapwatt.provider.unknown_outcomes import find_existing
from token_matcher.decide import ask, not_matched, read
from token_matcher.settings import TokenMatcherSettings


class CardReads:
    """Asks terminals which card a driver presents."""

    def __init__(self, gateway: Gateway, settings: TokenMatcherSettings) -> None:
        self._gateway = gateway
        self._settings = settings

    async def read(self, stop: StopRequested) -> Card | TokenNotMatched:
        """The card that was presented in time, or why none was."""
        try:
            answer = await self._presented(stop)
        except Unavailable:
            # Nothing was asked of the terminal, and a driver stands before it: better a true no than silence.
            if self._age_s(stop) < self._settings.unavailable_s:
                raise
            return not_matched(stop, NoMatchReason.TERMINAL_OFFLINE)
        if answer is None or not answer.final:
            return not_matched(stop, NoMatchReason.TIMED_OUT)
        return read(stop, answer, timedelta(seconds=self._settings.presentation_s))

    async def _presented(self, stop: StopRequested) -> Transaction | None:
        """The card read as it ended, or as it stands when the driver's time is over; None if none was begun in time."""
        gateway, settings, asked = self._gateway, self._settings, ask(stop)
        find = find_existing(gateway.provider, asked.order_reference, Kind.TOKEN)
        begun = await find()  # sent again, it would be another read: the provider knows no reference of a card read
        if begun is None and self._age_s(stop) < settings.begin_within_s:
            send = partial(gateway.provider.read_token, asked)
            begun = await gateway.begin(send, find, since=stop.requested_at)
        return begun and await gateway.await_card(
            begun, settings.presentation_s, asked_at=stop.requested_at, cancel_s=settings.cancel_within_s
        )

    def _age_s(self, stop: StopRequested) -> float:
        return (self._gateway.clock.now() - stop.requested_at).total_seconds()
