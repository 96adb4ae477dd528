"""Decides when a session can be priced: as soon as both its hold and its first ending are known, in either order."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from pricing.engine.cannot_price import CannotPrice
from pricing.engine.price import price
from tapwatt.errors import Poison
from tapwatt.facts.events import AuthorisationDeclined, Authorised, ChargingEnded, SessionCancelled, SessionPriced
from tapwatt.facts.reasons import EndReason
from tapwatt.money import Money, RoundingPolicy

Heard = Authorised | AuthorisationDeclined | SessionCancelled | ChargingEnded
Said = SessionPriced


@dataclass(frozen=True, slots=True)
class Session:
    """What is known of a session: how it began and how it first ended. Either may be known first."""

    began: Authorised | AuthorisationDeclined | None = None
    ended: SessionCancelled | ChargingEnded | None = None


def decide(session: Session, rounding: RoundingPolicy) -> Said | None:
    """The session's price once both halves are known; None while one is missing or nothing is held."""
    if session.began is None or session.ended is None:
        return None
    match session.began:
        case AuthorisationDeclined() as declined:
            _nothing_charged(declined, session.ended)
            return None
        case Authorised() as authorised:
            return _owed(authorised, session.ended, rounding)


def _nothing_charged(declined: AuthorisationDeclined, ended: SessionCancelled | ChargingEnded) -> None:
    match ended:
        case SessionCancelled():
            return
        case ChargingEnded():
            raise Poison(
                f"session {ended.session_id} was declined ({declined.reason}) and yet it charged {ended.energy_wh} Wh: "
                "there is no hold to take it from; ask the fleet why it gave energy"
            )


def _owed(authorised: Authorised, ended: SessionCancelled | ChargingEnded, rounding: RoundingPolicy) -> SessionPriced:
    match ended:
        case SessionCancelled():
            return _nothing_owed(authorised)
        case ChargingEnded():
            return _priced(authorised, ended, rounding)


def _nothing_owed(authorised: Authorised) -> SessionPriced:
    zero = Money.zero(authorised.hold.amount.currency)
    return SessionPriced(
        session_id=authorised.session_id,
        place=authorised.place,
        hold=authorised.hold,
        owed=zero,
        owed_excl_vat=zero,
        energy_wh=Decimal(0),
        ended_because=EndReason.CANCELLED,
        tariff_id=authorised.tariff.id,
        tariff_version=authorised.tariff_version,
        time_zone=authorised.time_zone,
    )


def _priced(authorised: Authorised, ended: ChargingEnded, rounding: RoundingPolicy) -> SessionPriced:
    rounded = rounding.of(authorised.tariff.currency)
    try:
        bill = price(
            authorised.tariff,
            ended.periods,
            authorised.time_zone,
            rounded,
            idle_grace_s=authorised.idle_grace_s,
            reservation_expired=ended.reason is EndReason.RESERVATION_EXPIRED,
        )
    except CannotPrice as error:  # absent is not zero: a human has to say what this session costs
        raise Poison(f"session {ended.session_id} has no price under tariff {authorised.tariff.id}: {error}") from error
    return SessionPriced(
        session_id=authorised.session_id,
        place=authorised.place,
        hold=authorised.hold,
        owed=bill.incl_vat,
        owed_excl_vat=bill.excl_vat,
        energy_wh=ended.energy_wh,
        ended_because=ended.reason,
        tariff_id=authorised.tariff.id,
        tariff_version=authorised.tariff_version,
        started_at=ended.started_at,
        ended_at=ended.ended_at,
        time_zone=authorised.time_zone,
        lines=bill.lines,
        vat=bill.vat,
        rounding=rounded,
    )
