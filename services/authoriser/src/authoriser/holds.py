"""Places a hold at a terminal: begins it once, waits for the driver's card, and lets go what nobody may use."""

from __future__ import annotations

from datetime import timedelta

from authoriser.agreement import Agreed
from authoriser.decide import ReverseFirst, ask, decide, gone, order_reference, unheard
from authoriser.settings import AuthoriserSettings
from tapwatt.errors import OutcomeUnknown, Unavailable
from tapwatt.facts.events import AuthorisationDeclined, Authorised, SessionRequested
from tapwatt.provider.gateway import Gateway
from tapwatt.provider.port import AuthoriseRequest, Kind, ReversalRequest, Transaction
from tapwatt.provider.unknown_outcomes import find_existing, find_within_life


class Holds:
    """Brings what was agreed to a hold that stands, or to the reason why none does."""

    def __init__(self, gateway: Gateway, settings: AuthoriserSettings) -> None:
        self._gateway = gateway
        self._settings = settings

    @property
    def longest_s(self) -> float:
        """The longest that `place` may take (seconds): to find what was begun or wait for a card, cancel, reverse."""
        life_s, settings = self._gateway.life_s, self._settings
        return max(settings.presentation_s, life_s) + life_s + settings.late_hold_s + life_s

    async def place(self, requested: SessionRequested, agreed: Agreed) -> Authorised | AuthorisationDeclined:
        """The hold as the driver's card made it. What is held and may not be used is let go before that is said."""
        begun = await self._begin(requested, ask(requested, agreed))
        if begun is None:
            return unheard(requested)
        settings = self._settings
        hold = await self._gateway.await_card(
            begun,
            settings.presentation_s,
            asked_at=requested.requested_at,
            cancel_s=self._gateway.life_s + settings.late_hold_s,
        )
        said = decide(requested, agreed, hold)
        if isinstance(said, ReverseFirst):
            await self._reverse(requested, hold, said.ask)
            return said.then
        return said

    async def _begin(self, requested: SessionRequested, asked: AuthoriseRequest) -> Transaction | None:
        """The hold as it was begun, now or before; None once it is certain that none was or will be.

        After `begin_within_s` nothing is sent any more: whoever handles this event again will find the same.
        """
        gateway = self._gateway
        until = requested.requested_at + timedelta(seconds=self._settings.begin_within_s)
        find = find_existing(gateway.provider, asked.order_reference, Kind.AUTHORISE)

        async def send() -> Transaction:
            if gateway.clock.now() >= until:
                raise OutcomeUnknown(
                    f"session {requested.session_id}: too late to begin a hold, what was begun is asked"
                )
            return await gateway.provider.authorise(asked)

        if gateway.clock.now() < until:
            return await gateway.begin(send, find, since=requested.requested_at)
        return await find_within_life(find, last_sent=until, clock=gateway.clock, policy=gateway.policy)

    async def _reverse(self, requested: SessionRequested, hold: Transaction, asked: ReversalRequest) -> None:
        since = hold.final_at or requested.requested_at
        answer = await self._gateway.complete(asked, order_reference(requested), since=since)
        if not gone(answer):
            raise Unavailable(
                f"hold {hold.reference} of session {requested.session_id} is not let go "
                f"({answer.failure or answer.status}): it is asked again by schedule"
            )
