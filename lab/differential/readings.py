"""What our engine would say if it read the steps and the limits as another engine does.

The base is our own price without steps and limits. On it come the steps and then the limits, read in another way; so a
difference is explained only if the other reading gives the other engine's very number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from lab.differential.cases import Answer, Case, Priced, Refused, ours, volume
from pricing.engine.cannot_price import CannotPrice
from pricing.engine.moments import Moment
from pricing.engine.quantities import A_KWH, A_SECOND, A_WH, AN_HOUR, Exact
from pricing.engine.stretches import cut
from pricing.engine.winning_element import Asked
from pricing.ocpi.cdrs import read_cdrs
from tapwatt.tariffs import Dimension, PriceComponent, PriceLimit, Tariff

_SPENT = (Dimension.TIME, Dimension.PARKING_TIME)
_PER_UNIT = {Dimension.ENERGY: A_KWH, Dimension.TIME: AN_HOUR, Dimension.PARKING_TIME: AN_HOUR}
_A_STEP = {Dimension.ENERGY: A_WH, Dimension.TIME: A_SECOND, Dimension.PARKING_TIME: A_SECOND}


@dataclass(frozen=True, slots=True)
class Reading:
    """How steps and limits are read; as it is made, as our engine does."""

    free_counts: bool = False
    """What no component prices counts towards the total that is rounded up to a step."""
    parking_first: bool = False
    """Where any parking is priced, it is what is rounded up, also if paid charging comes after it."""
    empty_last: bool = False
    """The step is that of the last component that held, also where it had nothing to price."""
    limits: Literal["both", "pairs", "none"] = "both"
    """Both limits at once, or the pair of amounts of the first one that is broken before VAT, or no limits."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """So much of a dimension in a stretch of the session, and what prices it there."""

    dimension: Dimension
    quantity: Exact
    component: PriceComponent | None


def read_as(case: Case, reading: Reading) -> Answer:
    """What our engine would say if it read the steps and limits like that."""
    whole, bare = ours(case), ours(bare_of(case))
    if isinstance(bare, Refused):
        return bare
    if isinstance(whole, Refused) and reading.limits == "both":
        return whole
    session = read_cdrs(case.text(), case.zone)[0]
    pieces = list(_pieces(case))
    added = _steps(pieces, reading)
    cost = Priced(bare.excl + added.excl, bare.incl + added.incl)
    return _LIMITS[reading.limits](session.tariff, cost, any(_has_a_price(p) for p in pieces))


def worked_out_again(case: Case) -> Answer:
    """Our price with steps and limits worked out here; a reservation has steps of its own and is left as it is."""
    if any(volume(p, "RESERVATION_TIME") is not None for p in case.periods):
        return ours(case)
    return read_as(case, Reading())


def bare_of(case: Case) -> Case:
    """The case without steps and limits."""

    def strip(other: Case) -> None:
        other.tariff.pop("min_price", None)
        other.tariff.pop("max_price", None)
        for element in other.tariff["elements"]:
            for component in element["price_components"]:
                component["step_size"] = 0

    return case.changed(strip)


def _pieces(case: Case) -> Iterator[_Piece]:
    """What was used, stretch by stretch; a session that no reservation precedes."""
    session = read_cdrs(case.text(), case.zone)[0]
    asked = Asked.of(session.tariff.elements, reservation_expired=False)
    for stretch in cut(session.tariff.elements, session.periods, session.time_zone, 0):
        parked = stretch.moment.period.activity == "parked"
        quantities = {
            Dimension.ENERGY: stretch.energy,
            Dimension.TIME: 0 if parked else stretch.time,
            Dimension.PARKING_TIME: stretch.time if parked else 0,
            Dimension.FLAT: 0,
        }
        for dimension, quantity in quantities.items():
            yield _Piece(dimension, quantity, _component(asked, dimension, stretch.moment))


def _component(asked: Asked, dimension: Dimension, moment: Moment) -> PriceComponent | None:
    """What prices this dimension here; nothing if that depends on what nobody measured: then nothing was used of it."""
    try:
        found = asked.answer(dimension, moment)
    except CannotPrice:
        return None
    return None if found is None else found.component


def _has_a_price(piece: _Piece) -> bool:
    return piece.component is not None and (bool(piece.quantity) or piece.dimension is Dimension.FLAT)


def _steps(pieces: Sequence[_Piece], reading: Reading) -> Priced:
    """What the steps add, in major units."""
    last: dict[Dimension, PriceComponent] = {}
    latest: Dimension | None = None
    for piece in pieces:
        if piece.component is not None and (piece.quantity or reading.empty_last):
            last[piece.dimension] = piece.component
        if piece.component is not None and piece.quantity and piece.dimension in _SPENT:
            latest = piece.dimension
    parked = any(p.component for p in pieces if p.quantity and p.dimension is Dimension.PARKING_TIME)
    if reading.parking_first and parked:
        latest = Dimension.PARKING_TIME
    stepped = [last[d] for d in (Dimension.ENERGY, latest) if d is not None and d in last]
    added = [_step(pieces, component, reading) for component in stepped]
    return Priced(sum((a.excl for a in added), Fraction(0)), sum((a.incl for a in added), Fraction(0)))


def _step(pieces: Sequence[_Piece], component: PriceComponent, reading: Reading) -> Priced:
    kind = component.type
    used = sum(p.quantity for p in pieces if p.dimension is kind and (p.component is not None or reading.free_counts))
    added = -used % (component.step_size * _A_STEP[kind]) if component.step_size else 0
    excl = Fraction(added) / _PER_UNIT[kind] * Fraction(component.price)
    return Priced(excl, excl * (1 + Fraction(component.vat or 0) / 100))


def _both(tariff: Tariff, cost: Priced, _: bool) -> Priced:
    """Each amount within its own limits; where a limit has no amount after VAT, the VAT stays in proportion."""
    excl, incl = cost.excl, cost.incl
    for limit, within in ((tariff.min_price, max), (tariff.max_price, min)):
        if limit is not None:
            before = within(excl, Fraction(limit.before_taxes))
            if limit.after_taxes is not None:
                incl = within(incl, Fraction(limit.after_taxes))
            elif before != excl:
                incl = before * (incl / excl if excl else _only_rate(tariff))
            excl = before
    return Priced(excl, incl)


def _only_rate(tariff: Tariff) -> Fraction:
    """What turns an amount before VAT into one after it, where nothing was used and all components have one VAT."""
    rates = {Fraction(c.vat or 0) for e in tariff.elements for c in e.price_components}
    return 1 + rates.pop() / 100 if len(rates) == 1 else Fraction(1)


def _none(_: Tariff, cost: Priced, __: bool) -> Priced:
    return cost


def _pairs(tariff: Tariff, cost: Priced, anything_priced: bool) -> Priced:
    """A pair of amounts is less than another if its first one is, or if that is equal and its second one is."""
    if not anything_priced:
        return cost
    found = (cost.excl, cost.incl)
    if tariff.min_price is not None and found < _pair(tariff.min_price):
        found = _pair(tariff.min_price)
    if tariff.max_price is not None and found > _pair(tariff.max_price):
        found = _pair(tariff.max_price)
    return Priced(*found)


def _pair(limit: PriceLimit) -> tuple[Fraction, Fraction]:
    return Fraction(limit.before_taxes), Fraction(limit.after_taxes or 0)


_LIMITS: dict[str, Callable[[Tariff, Priced, bool], Priced]] = {"both": _both, "pairs": _pairs, "none": _none}
