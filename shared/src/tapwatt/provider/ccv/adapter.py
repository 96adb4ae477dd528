"""Asks CCV to hold, take, let go and give back money, and to read cards, behind the provider port."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import structlog

from tapwatt.clock import Clock, SystemClock
from tapwatt.errors import BrokenInvariant, OutcomeUnknown, Unavailable
from tapwatt.facts.bill import CardSlip
from tapwatt.log import Log
from tapwatt.provider.ccv import wire
from tapwatt.provider.ccv.client import Answer, CcvClient
from tapwatt.provider.ccv.exact_json import Json, to_json
from tapwatt.provider.ccv.refusals import Refusal, not_cancelled, not_told, refused_to_do
from tapwatt.provider.ccv.transactions import Asked, as_transaction, compare, slip_alone
from tapwatt.provider.fingerprints import Fingerprints
from tapwatt.provider.port import (
    AtTerminal,
    AuthoriseRequest,
    CaptureRequest,
    Kind,
    ReadTokenRequest,
    RefundRequest,
    ReversalRequest,
    Status,
    Transaction,
)
from tapwatt.provider.settings import ProviderSettings


class CcvProvider:
    """The provider port over CCV's Payment API. It opens its connections at the first call.

    `on_withheld` hears "masked_pan", "line" and the like for each part of a card's slip that could tell the card.
    """

    def __init__(
        self,
        settings: ProviderSettings,
        fingerprints: Fingerprints,
        *,
        clock: Clock | None = None,
        log: Log | None = None,
        on_withheld: Callable[[str], None] = lambda what: None,
    ) -> None:
        self._settings = settings
        self._fingerprints = fingerprints
        self._client = CcvClient(settings, clock or SystemClock())
        self._log: Log = log or structlog.get_logger()
        self._on_withheld = on_withheld

    async def authorise(self, ask: AuthoriseRequest) -> Transaction:
        """Begin a hold."""
        body: dict[str, Json] = {
            "transactionType": "authorise",
            "amount": ask.amount.major,
            "currency": ask.amount.currency.lower(),
            "description": ask.description,
            wire.REQUEST_TOKEN: True,
            **self._at_terminal(ask),
            "details": {**self._terminal(ask), "supportPartialApproval": self._settings.partial_approval},
        }
        asked = Asked(Kind.AUTHORISE, ask.amount, ask.order_reference, terminal_id=ask.terminal_id)
        return await self._do(asked, ask.idempotency_reference, body)

    async def read_token(self, ask: ReadTokenRequest) -> Transaction:
        """Begin reading a card."""
        asked = Asked(Kind.TOKEN, order_reference=ask.order_reference, terminal_id=ask.terminal_id)
        body: dict[str, Json] = {**self._at_terminal(ask), "details": self._terminal(ask)}
        return await self._do(asked, ask.idempotency_reference, body)

    async def capture(self, ask: CaptureRequest) -> Transaction:
        """Take money of a hold."""
        asked = Asked(Kind.CAPTURE, ask.amount, original_reference=ask.hold_reference)
        body: dict[str, Json] = {wire.REFERENCE: ask.hold_reference, "amount": ask.amount.major}
        return await self._do(asked, ask.idempotency_reference, body)

    async def reverse(self, ask: ReversalRequest) -> Transaction:
        """Let a hold go."""
        asked = Asked(Kind.REVERSAL, original_reference=ask.hold_reference)
        return await self._do(asked, ask.idempotency_reference, {wire.REFERENCE: ask.hold_reference})

    async def refund(self, ask: RefundRequest) -> Transaction:
        """Give money of a capture back."""
        asked = Asked(Kind.REFUND, ask.amount, original_reference=ask.capture_reference)
        body: dict[str, Json] = {wire.REFERENCE: ask.capture_reference, "amount": ask.amount.major}
        return await self._do(asked, ask.idempotency_reference, body)

    async def status(self, reference: str) -> Transaction | None:
        """The transaction with this reference, or None if the provider says that there is none."""
        told = await self._told(reference)
        got = None if told is None else self._understood(told)
        if isinstance(got, wire.Unreadable):
            raise _unread(f"the status of {reference}", got)
        return got

    async def slip(self, hold_reference: str) -> CardSlip | None:
        """What a receipt shows of a hold's card. The card's token is compared with what is shown, and not kept."""
        told = await self._told(hold_reference)
        return None if told is None else slip_alone(told, self._withheld)

    async def find(self, order_reference: str) -> list[Transaction]:
        """Every transaction of this order reference, oldest first; types that we do not know are left out."""
        what = f"what belongs to order {order_reference}"
        answer = await self._client.get(wire.STATUS_PATH, {wire.ORDER_REFERENCE: order_reference})
        if not _ok(answer):
            not_told(answer, what)
            return []
        listed = wire.read(wire.TOLD_LIST, answer.body)
        if isinstance(listed, wire.Unreadable):
            raise _unread(what, listed)
        found: list[Transaction] = []
        for told in listed:
            if told.type not in wire.KINDS:
                continue
            got = self._understood(told)
            if isinstance(got, wire.Unreadable):
                raise _unread(what, got)
            if got.order_reference not in (None, order_reference):
                raise BrokenInvariant(f"{what} was asked for and the answer is about {got.order_reference}")
            found.append(got if got.order_reference else replace(got, order_reference=order_reference))
        return sorted(found, key=lambda one: one.created_at.timestamp() if one.created_at else 0.0)

    async def cancel(self, pending: Transaction) -> None:
        """Ask for a pending transaction to be cancelled. Harmless to repeat, so a lost answer is Unavailable."""
        if pending.cancel_url is None:
            return
        try:
            answer = await self._client.post_to(pending.cancel_url)
            if answer is None:
                # Uncancelled, the transaction ends by itself at the provider.
                self._log.warning("not cancelled: its cancelUrl is a stranger's", reference=pending.reference)
            elif not _ok(answer):
                not_cancelled(answer, f"cancelling {pending.reference}")
        except OutcomeUnknown as unknown:
            raise Unavailable(str(unknown)) from unknown

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _told(self, reference: str) -> wire.Told | None:
        what = f"the status of {reference}"
        answer = await self._client.get(wire.STATUS_PATH, {wire.REFERENCE: reference})
        if not _ok(answer):
            not_told(answer, what)
            return None
        told = wire.read(wire.TOLD, answer.body)
        if isinstance(told, wire.Unreadable):
            raise _unread(what, told)
        if told.reference != reference:
            raise BrokenInvariant(f"{what} was asked for and the answer is about {told.reference}")
        return told

    async def _do(self, asked: Asked, idempotency_reference: str, body: Mapping[str, Json]) -> Transaction:
        if not 0 < len(idempotency_reference) <= wire.IDEMPOTENCY_LENGTH or not idempotency_reference.isascii():
            raise BrokenInvariant(f"{idempotency_reference!r} cannot be an idempotency reference: 1 to 50 characters")
        what = f"{asked.kind} {idempotency_reference}"
        text = to_json(wire.without_blanks(body))
        answer = await self._client.post(wire.PATHS[asked.kind], text, idempotency_reference)
        if not _ok(answer):
            at_terminal = asked.kind in (Kind.AUTHORISE, Kind.TOKEN)
            return _failed(asked, refused_to_do(answer, what, at_terminal=at_terminal), idempotency_reference)
        told = wire.read(wire.TOLD, answer.body)
        if isinstance(told, wire.Unreadable):
            raise _unknown(what, told)
        done = self._understood(told)
        if isinstance(done, wire.Unreadable):
            raise _unknown(what, done)
        compare(asked, told, done)
        return done

    def _understood(self, told: wire.Told) -> Transaction | wire.Unreadable:
        return as_transaction(told, self._fingerprints, self._withheld)

    def _withheld(self, what: str) -> None:
        self._on_withheld(what)
        # A line may have a long number of the merchant's own; but what is called masked has to be.
        say = self._log.warning if what == "masked_pan" else self._log.info
        say("left out of a card's slip: a card could be known by it", what=what)

    def _at_terminal(self, ask: AtTerminal) -> dict[str, Json]:
        return {
            "method": wire.METHOD,
            wire.ORDER_REFERENCE: ask.order_reference,
            "language": ask.language,
            wire.WEBHOOK_URL: self._settings.webhook_url,
            wire.RETURN_URL: self._settings.return_url,
        }

    def _terminal(self, ask: AtTerminal) -> dict[str, Json]:
        return wire.without_blanks(
            {
                wire.TERMINAL_ID: ask.terminal_id,
                "operatingEnvironment": self._settings.operating_environment,
                "merchantLanguage": self._settings.merchant_language,
                "managementSystemId": self._settings.management_system_id,
                "accessProtocol": self._settings.access_protocol,
                "wakeUpType": self._settings.wake_up_type,
            }
        )


def _ok(answer: Answer) -> bool:
    return 200 <= answer.status < 300


def _unread(what: str, answer: wire.Unreadable) -> Unavailable:
    return Unavailable(f"{what} cannot be read ({answer.why})")


def _unknown(what: str, answer: wire.Unreadable) -> OutcomeUnknown:
    return OutcomeUnknown(f"the answer to {what} cannot be read ({answer.why}): ask what became of it")


def _failed(asked: Asked, refusal: Refusal, idempotency_reference: str) -> Transaction:
    """A refusal as a transaction; where the provider made none, it is known by our own reference."""
    return Transaction(
        reference=refusal.reference or idempotency_reference,
        kind=asked.kind,
        status=Status.FAILED,
        order_reference=asked.order_reference,
        original_reference=asked.original_reference,
        asked=asked.amount,
        failure=refusal.failure,
        detail=refusal.detail,
    )
