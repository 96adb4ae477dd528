"""What the driver is shown and agrees to by tapping a card: the tariff the session is billed by, and the hold."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from authoriser.schemes import terms_of
from tapwatt.facts.events import AuthorisationDeclined, SessionRequested, TariffPublished
from tapwatt.facts.reasons import DeclineReason
from tapwatt.money import Money
from tapwatt.tariffs import Tariff, TariffType, UnreadableTariff, contradiction


@dataclass(frozen=True, slots=True)
class Terms:
    """What the operator has agreed: how long a driver may take, how long a hold stands, the least useful hold.

    How long it stands, and how long before its end its fleet is told, hang on its card's scheme, by names as
    `schemes.plain` makes them. Terms that were kept before there was `warn_before` say nothing of it.
    """

    presentation: timedelta
    late_hold: timedelta
    hold_window: timedelta
    minimum_hold: Money
    warn_before: timedelta | None = None
    hold_window_by_scheme: dict[str, timedelta] = field(default_factory=dict)
    warn_before_by_scheme: dict[str, timedelta] = field(default_factory=dict)

    def expires_at(self, authorised_at: datetime, brand: str | None) -> datetime:
        """When a hold on a card of this brand runs out; `brand` is as the provider tells it, None where it does not."""
        return authorised_at + terms_of(brand, self.hold_window_by_scheme, self.hold_window)

    def warn_at(self, authorised_at: datetime, brand: str | None) -> datetime | None:
        """When its fleet is told that it does; never before it stood."""
        before = terms_of(brand, self.warn_before_by_scheme, self.warn_before)
        return None if before is None else max(self.expires_at(authorised_at, brand) - before, authorised_at)


@dataclass(frozen=True, slots=True)
class Agreed:
    """The tariff as it is frozen, its version if it was published, how much to hold, and on what terms."""

    tariff: Tariff
    tariff_version: str | None
    hold: Money
    terms: Terms


def agree(
    requested: SessionRequested,
    published: TariffPublished | None,
    types: Collection[TariffType],
    terms: Callable[[str], Terms],
) -> Agreed | AuthorisationDeclined:
    """The agreement, or why there can be none: a session without a tariff that can be billed by has no hold.

    `published` is the offer that the request names, None if it names none or there is none of that name; `types` are
    those that a tariff may have, `terms` the operator's, by currency. A tariff without a type is for everybody
    (OCPI 2.2.1 and 2.3.0, mod_tariffs, Tariff).
    """
    if requested.tariff is not None and requested.tariff_ref is not None:
        return _not_valid(requested, "the request has both a tariff and a tariff_ref: send the one that was shown")
    if requested.tariff_ref is not None and published is None:
        ref = requested.tariff_ref
        why = f"{requested.place.operator_id} has not published tariff {ref.id} in version {ref.version}"
        return _declined(requested, DeclineReason.TARIFF_UNKNOWN, why)
    tariff = requested.tariff if published is None else published.tariff
    match tariff:
        case None:
            return _declined(requested, DeclineReason.TARIFF_UNKNOWN, "the request has neither tariff nor tariff_ref")
        case UnreadableTariff():
            return _not_valid(requested, f"tariff: {tariff.unreadable}")
        case Tariff():
            wrong = _why_not(tariff, requested, types)
            if wrong is not None:
                return _not_valid(requested, f"tariff {tariff.id}: {wrong}")
            return _agreed(requested, tariff, published, terms)


def _agreed(
    requested: SessionRequested, tariff: Tariff, published: TariffPublished | None, terms: Callable[[str], Terms]
) -> Agreed | AuthorisationDeclined:
    hold = requested.hold or _asked_by(tariff)
    if hold is None:
        why = f"neither the request has a hold nor tariff {tariff.id} a preauthorize_amount"
        return _declined(requested, DeclineReason.HOLD_NOT_STATED, why)
    return Agreed(tariff, None if published is None else published.tariff_version, hold, terms(hold.currency))


def _why_not(tariff: Tariff, requested: SessionRequested, types: Collection[TariffType]) -> str | None:
    if not tariff.valid_at(requested.requested_at):
        return "it is not valid at the time of the request"
    if tariff.type is not None and tariff.type not in types:
        return f"it is of type {tariff.type}, which is not for drivers who pay by card"
    if requested.hold is not None and requested.hold.currency != tariff.currency:
        return f"it is in {tariff.currency} and the hold in {requested.hold.currency}"
    return contradiction(tariff)


def _asked_by(tariff: Tariff) -> Money | None:
    """OCPI 2.3.0 with payments: what a terminal should hold for a session under this tariff."""
    if not tariff.preauthorize_amount:
        return None
    return Money.of(tariff.preauthorize_amount, tariff.currency)


def _not_valid(requested: SessionRequested, why: str) -> AuthorisationDeclined:
    return _declined(requested, DeclineReason.TARIFF_NOT_VALID, why)


def _declined(requested: SessionRequested, reason: DeclineReason, detail: str) -> AuthorisationDeclined:
    return AuthorisationDeclined(
        session_id=requested.session_id, place=requested.place, reason=reason, detail=detail[:500]
    )
