"""Turns what CCV tells into a transaction of ours, and compares what was done with what was asked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pydantic import SecretStr

from tapwatt.errors import BrokenInvariant
from tapwatt.facts.bill import CardSlip
from tapwatt.facts.cards import Card
from tapwatt.money import Money
from tapwatt.provider.card_slips import OnWithheld, Shown, brand_of, slip_of
from tapwatt.provider.ccv.refusals import failure_at_terminal, failure_without_card, said
from tapwatt.provider.ccv.wire import KINDS, STATUSES, Told, Unreadable
from tapwatt.provider.fingerprints import Fingerprints
from tapwatt.provider.port import Failure, Kind, Status, Transaction

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_WITH_AMOUNT = (Kind.AUTHORISE, Kind.CAPTURE, Kind.REFUND, Kind.CHARGEBACK)


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for, as far as an answer repeats it. None: nothing was said of it."""

    kind: Kind
    amount: Money | None = None
    order_reference: str | None = None
    original_reference: str | None = None
    terminal_id: str | None = None


def as_transaction(
    told: Told, fingerprints: Fingerprints, on_withheld: OnWithheld = lambda what: None
) -> Transaction | Unreadable:
    """The transaction that is told. From here on the card is known by its fingerprints alone."""
    kind, status = KINDS.get(told.type), STATUSES.get(told.status)
    if kind is None or status is None:
        return Unreadable("type or status: not one we know")
    asked = _money(told)
    if asked is None and kind in _WITH_AMOUNT:
        return Unreadable("amount, currency: no amount of money")
    failed = status is Status.FAILED
    return Transaction(
        reference=told.reference,
        kind=kind,
        status=status,
        order_reference=told.order_reference,
        original_reference=told.original_reference,
        asked=asked,
        amount=_done(told, kind, asked) if status is Status.SUCCESS else None,
        failure=_failure(told, kind) if failed else None,
        detail=said(told.failure_code, told.details.response_code if told.details else None) if failed else "",
        card=_card(told, kind, fingerprints) if status is Status.SUCCESS else None,
        brand=_brand(told, on_withheld) if status is Status.SUCCESS and kind is Kind.AUTHORISE else None,
        slip=_slip(told, on_withheld) if status is Status.SUCCESS and kind is Kind.CAPTURE else None,
        created_at=_moment(told.created),
        final_at=_moment(told.final),
        cancel_url=told.cancel_url,
    )


def slip_alone(told: Told, on_withheld: OnWithheld = lambda what: None) -> CardSlip | None:
    """The slip of a hold that stands or stood, where its capture does not repeat it: the slip and nothing else."""
    held = KINDS.get(told.type) is Kind.AUTHORISE and STATUSES.get(told.status) is Status.SUCCESS
    return _slip(told, on_withheld) if held else None


def compare(asked: Asked, told: Told, done: Transaction) -> None:
    """Raises BrokenInvariant if the answer is about something other than what was asked."""
    pairs = (
        ("kind", asked.kind, done.kind),
        ("amount", asked.amount, done.asked),
        ("order reference", asked.order_reference, done.order_reference),
        ("original reference", asked.original_reference, done.original_reference),
        ("terminal", asked.terminal_id, told.details.terminal_id if told.details else None),
    )
    for what, wanted, got in pairs:
        if wanted is not None and got is not None and wanted != got:
            raise BrokenInvariant(
                f"{asked.kind} {done.reference}: the {what} {wanted} was asked for and the answer is about {got}; "
                "stop and compare with the provider"
            )


def _failure(told: Told, kind: Kind) -> Failure:
    if kind in (Kind.AUTHORISE, Kind.TOKEN):
        return failure_at_terminal(told.failure_code, told.details)
    return failure_without_card(told.failure_code)


def _money(told: Told) -> Money | None:
    if told.amount is None or told.currency is None:
        return None
    try:
        return Money.of(told.amount, told.currency.upper())
    except ValueError:
        return None


def _done(told: Told, kind: Kind, asked: Money | None) -> Money | None:
    """What was really done: of a partial approval, the part that was approved."""
    part = told.details.authorised_amount if told.details else None
    if kind is not Kind.AUTHORISE or part is None or asked is None:
        return asked
    try:
        held = Money.of(part, asked.currency)
    except ValueError:
        held = None
    if held is None or asked < held:
        raise BrokenInvariant(f"hold {told.reference}: {asked} was asked for and {part} is said to be held")
    return held


def _card(told: Told, kind: Kind, fingerprints: Fingerprints) -> Card | None:
    """A new session remembers the current key; a tap is looked up under every key in use (scenario 5)."""
    make = fingerprints.every if kind is Kind.TOKEN else fingerprints.current
    return make(told.token, told.details.par if told.details else None)


def _brand(told: Told, on_withheld: OnWithheld) -> str | None:
    """Of a hold: the terms of its card's scheme are those under which it stands."""
    details = told.details
    return None if details is None else brand_of(details.brand, (told.token, details.par), on_withheld)


def _slip(told: Told, on_withheld: OnWithheld) -> CardSlip | None:
    """What a receipt shows of the card; of a capture alone, so that it never stands beside the card's fingerprints."""
    details = told.details
    if details is None:
        return None
    shown = Shown(
        brand=details.brand,
        masked_pan=details.masked_pan,
        entry_mode=details.entry_mode,
        acquirer=details.acquirer,
        response_code=SecretStr(details.response_code) if details.response_code else None,
        receipt=details.receipt,
    )
    return slip_of(shown, (told.token, details.par), on_withheld)


def _moment(millis: int | None) -> datetime | None:
    return None if millis is None else _EPOCH + timedelta(milliseconds=millis)
