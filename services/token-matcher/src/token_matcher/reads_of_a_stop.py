"""The card reads of one stop at the provider: how many there are, which one counts, and what is left over of them."""

from __future__ import annotations

from asyncio import timeout
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from tapwatt.at_work import driver_took
from tapwatt.errors import OutcomeUnknown, Unavailable
from tapwatt.provider.gateway import Gateway, by_driver_s
from tapwatt.provider.polling import hint_or_time
from tapwatt.provider.port import Failure, Kind, ReadTokenRequest, Status, Transaction
from token_matcher.decide import telling
from token_matcher.settings import TokenMatcherSettings

T = TypeVar("T")
PAUSE_S = 1
"""Between two tries to reach a provider that does not answer, and between two looks for what may come late."""


class ProviderAway(Exception):
    """The provider could not be asked for as long as it was worth waiting."""


class ReadsOfAStop:
    """Asked about by order reference: there may be none, one, or several where one was sent again or came late.

    `doubtful` turns true once something was sent of which nobody knows what became of it.
    """

    def __init__(self, gateway: Gateway, asked: ReadTokenRequest, settings: TokenMatcherSettings) -> None:
        self._gateway = gateway
        self._wait_s = min(gateway.pace.first_s, settings.ask_again_s)
        self._provider = gateway.provider
        self._clock = gateway.clock
        self._asked = asked
        self._settings = settings
        self.doubtful = False

    async def known(self, patience_s: float) -> Transaction | None:
        """The read that counts, or None if none was begun. ProviderAway after so much patience."""
        return await self._patiently(self._look, patience_s)

    async def begun(self) -> Transaction | None:
        """The read that counts once one was sent; None while it is not known whether it came.

        ProviderAway if nothing can have been sent.
        """
        try:
            begun = await self._patiently(self._begin, self._settings.unavailable_s)
        except OutcomeUnknown:
            return None
        if begun.status is not Status.FAILED:
            return begun
        try:  # a terminal may be busy with a read of this very stop
            return await self._look() or begun
        except Unavailable:
            return begun

    async def presented(self, told: Transaction | None, *, asked_at: datetime) -> Transaction:
        """The read that counts once a card was presented, or as it stands when the driver's time is over.

        A driver has so long from when the first read was begun; then what still waits is cancelled. ProviderAway if
        nobody can say at the end how it stands.
        """
        waits = self._clock.monotonic()
        end = waits + self._left_s(told, asked_at)
        while (told is None or not told.final) and (left_s := end - self._clock.monotonic()) > 0:
            told = await self._a_while(told, left_s)
        driver_took(by_driver_s(told, self._clock.monotonic() - waits))
        if told is not None and told.final:
            return told
        with suppress(ProviderAway):
            await self.cancel_all(self._settings.cancel_within_s, until_none=True)
        told = await self._patiently(self._look, 0)
        if told is None:
            raise ProviderAway  # it was asked to read a card, and never began to
        # It was not the driver who pressed cancel.
        return replace(told, failure=Failure.EXPIRED) if told.failure is Failure.CANCELLED else told

    async def cancel_all(self, within_s: float, *, until_none: bool = False) -> None:
        """Cancel every read that waits at the terminal, again and again for so long, since one may come late.

        With `until_none` only until none waits any more. ProviderAway if it cannot be asked in the end.
        """
        end = self._clock.monotonic() + within_s
        while True:
            waiting: list[Transaction] = []
            lost: Unavailable | None = None
            try:
                waiting = [one for one in await self._every() if not one.final]
            except Unavailable as away:
                lost = away
            for one in waiting:
                with suppress(Unavailable, OutcomeUnknown):  # it is seen again if it goes on
                    await self._provider.cancel(one)
            if until_none and not waiting and lost is None:
                return
            if self._clock.monotonic() >= end:
                if lost is not None:
                    raise ProviderAway from lost
                return
            await self._clock.sleep(PAUSE_S)

    async def _a_while(self, told: Transaction | None, left_s: float) -> Transaction | None:
        """The read that counts after a hint about it, or after some time, or as it was told before."""
        pace = self._gateway.pace
        wait_s, self._wait_s = self._wait_s, min(self._wait_s * pace.growth, pace.longest_s, self._settings.ask_again_s)
        with self._gateway.hints.listening(told.reference if told else self._asked.order_reference) as hinted:
            await hint_or_time(hinted, min(wait_s, left_s), pace.least_s, self._clock)
        try:
            return await self._look() or told
        except Unavailable:
            return told

    def _left_s(self, told: Transaction | None, asked_at: datetime) -> float:
        """How much of their time a driver has left. What was asked for at `asked_at` was not begun before."""
        presentation_s = self._settings.presentation_s
        if told is None or told.created_at is None:
            return presentation_s
        passed_s = (self._clock.now() - max(asked_at, told.created_at)).total_seconds()
        return presentation_s - min(max(passed_s, 0), presentation_s)

    async def _begin(self) -> Transaction:
        # It is due now, whatever the fleet's clock says: what was due long ago would be asked about before it is sent.
        return await self._gateway.begin(self._send, self._look, since=self._clock.now())

    async def _send(self) -> Transaction:
        try:
            async with timeout(self._settings.answer_s):
                return await self._provider.read_token(self._asked)
        except OutcomeUnknown:
            self.doubtful = True
            raise
        except TimeoutError:
            self.doubtful = True
            raise OutcomeUnknown(f"no answer to card read {self._asked.order_reference} in time") from None

    async def _look(self) -> Transaction | None:
        return telling(await self._every())

    async def _every(self) -> list[Transaction]:
        try:
            async with timeout(self._settings.answer_s):
                told = await self._provider.find(self._asked.order_reference)
        except TimeoutError:
            raise Unavailable(f"nobody says in time what was read for {self._asked.order_reference}") from None
        return [one for one in told if one.kind is Kind.TOKEN]

    async def _patiently(self, call: Callable[[], Awaitable[T]], patience_s: float) -> T:
        end = self._clock.monotonic() + patience_s
        while True:
            try:
                return await call()
            except Unavailable as away:
                if self._clock.monotonic() >= end:
                    raise ProviderAway from away
            await self._clock.sleep(PAUSE_S)
