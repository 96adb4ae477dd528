"""Which tariff a recorded session is priced by: the one that was handed in, else those that its periods name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from pricing.ocpi.charging_periods import UnreadableCdr
from pricing.ocpi.documents import kind_of, quoted
from pricing.ocpi.known_tariffs import KnownTariffs
from pricing.ocpi.recorded_usage import Usage
from pricing.ocpi.tariff_reader import UnreadableTariffs
from tapwatt.tariffs import Dimension, PriceComponent, Tariff

_MOST_TARIFFS = 200
_READ = KnownTariffs()


def tariff_for(usage: Usage, offered: Sequence[Tariff] | None = None) -> Tariff:
    """The tariff of this session: from those offered, whatever the record holds itself, or else from the record.

    UnreadableCdr where none or several could be meant, where the currencies differ, or where the tariff asks for energy
    and the record contradicts itself about it; UnreadableTariffs where the record's own tariff cannot be read.
    """
    return _fitting(usage, _inside(usage, _named(usage)) if offered is None else _offered(usage, offered))


def tariffs_for(usage: Usage, offered: Sequence[Tariff] | None = None) -> dict[str | None, Tariff]:
    """The tariffs of this session by the names that its periods have for them; under None the only one.

    One tariff that is offered counts for all of it, whatever the periods name. Raises what `tariff_for` raises.
    """
    names = list(dict.fromkeys(usage.tariff_ids))
    if len({_same(name) for name in names if name is not None}) < 2 or (offered is not None and len(offered) == 1):
        return {None: tariff_for(usage, offered)}
    _each_has_one(usage)
    return {
        name: _fitting(usage, _inside(usage, name) if offered is None else _of_them(usage, offered, name))
        for name in names
        if name is not None
    }


def _fitting(usage: Usage, found: Tariff) -> Tariff:
    if usage.older and found.tax_included is None and not any(c.vat is not None for c in _components(found)):
        # Prices of OCPI 2.1.1 are before VAT, and it has no field to say which.
        found = found.model_copy(update={"tax_included": "NO"})
    if usage.currency is not None and found.currency != usage.currency:
        problem = f"is {usage.currency} and the tariff is in {found.currency}; take the tariff of this session"
        raise UnreadableCdr(f"{usage.path}.currency", problem)
    if usage.trouble is not None and asks_for_energy(found):
        raise usage.trouble
    return found


def _of_them(usage: Usage, offered: Sequence[Tariff], name: str) -> Tariff:
    found = [tariff for tariff in offered if _same(tariff.id) == _same(name)]
    if len(found) != 1:
        problem = (
            f"they name tariff {quoted(name)}, of which the tariff's file has {len(found)}; give the one that is meant"
        )
        raise UnreadableCdr(f"{usage.path}.charging_periods", problem)
    return found[0]


def with_vat(tariff: Tariff, percent: Decimal) -> Tariff:
    """The tariff with this VAT on every price that says none, unless it says that none applies."""
    if tariff.tax_included == "N/A":
        return tariff
    elements = tuple(
        element.model_copy(
            update={
                "price_components": tuple(
                    one if one.vat is not None else one.model_copy(update={"vat": percent})
                    for one in element.price_components
                )
            }
        )
        for element in tariff.elements
    )
    return tariff.model_copy(update={"elements": elements})


def _components(tariff: Tariff) -> Iterator[PriceComponent]:
    return (component for element in tariff.elements for component in element.price_components)


def asks_for_energy(tariff: Tariff) -> bool:
    """Whether a price by this tariff depends on how much energy was charged."""
    restrictions = [element.restrictions for element in tariff.elements if element.restrictions is not None]
    priced = {component.type for element in tariff.elements for component in element.price_components}
    return Dimension.ENERGY in priced or any(r.min_kwh is not None or r.max_kwh is not None for r in restrictions)


def asks_for_the_local_time(tariff: Tariff) -> bool:
    """Whether a price by this tariff depends on the clock or the calendar where the charger stands."""
    given = [element.restrictions for element in tariff.elements if element.restrictions is not None]
    return any(r.start_time or r.end_time or r.start_date or r.end_date or r.day_of_week for r in given)


def _offered(usage: Usage, offered: Sequence[Tariff]) -> Tariff:
    if len(offered) == 1:
        return offered[0]
    named = {name for name in usage.tariff_ids if name is not None}
    if len({_same(name) for name in named}) == 1:
        found = [tariff for tariff in offered if _same(tariff.id) in map(_same, named)]
        if len(found) == 1:
            return found[0]
    names = ", ".join(quoted(name) for name in sorted(named)[:4]) or "none"
    problem = f"the tariff's file has {len(offered)} tariffs and the periods name {names}; give the one that is meant"
    raise UnreadableCdr(f"{usage.path}.charging_periods", problem)


def _inside(usage: Usage, named: str | None) -> Tariff:
    """The one tariff of this name in the record; the only one where the periods name none."""
    path = f"{usage.path}.tariffs"
    if not isinstance(usage.tariffs, list):
        raise UnreadableCdr(path, f"is {kind_of(usage.tariffs)} where a list of tariffs is needed")
    if len(usage.tariffs) > _MOST_TARIFFS:
        raise UnreadableCdr(path, f"there are more than {_MOST_TARIFFS}; leave those that the periods name")
    found = [
        (f"{path}[{number}]", one)
        for number, one in enumerate(usage.tariffs)
        if isinstance(one, dict) and (named is None or _same(str(one.get("id"))) == _same(named))
    ]
    if len(found) != 1:
        which = f"tariff {quoted(named)}" if named else "tariff that the periods are priced by"
        problem = f"there are {len(found)} where one {which} is needed; name the tariff's file before the record's"
        raise UnreadableCdr(path, problem)
    try:
        return _READ.at(*found[0], before_taxes=usage.older)
    except UnreadableTariffs as error:
        raise UnreadableCdr(error.path, error.problem) from None


def _named(usage: Usage) -> str | None:
    """The tariff that all periods name; None where none names one."""
    named = {name for name in usage.tariff_ids if name is not None}
    if len({_same(name) for name in named}) > 1:
        names = ", ".join(quoted(name) for name in sorted(named)[:4])
        problem = f"they name several tariffs: {names}; name the file of the one that the driver accepted"
        raise UnreadableCdr(f"{usage.path}.charging_periods", problem)
    if not named:
        return None
    _each_has_one(usage)
    return min(named)


def _each_has_one(usage: Usage) -> None:
    for number, name in enumerate(usage.tariff_ids):
        # Without the field no tariff is relevant (OCPI, mod_cdrs, ChargingPeriod), unless the record never uses it.
        if name is None:
            where = f"{usage.path}.charging_periods[{number}].tariff_id"
            problem = "is missing, and other periods have one; add it, or name the tariff's file to price every period"
            raise UnreadableCdr(where, problem)


def _same(name: str) -> str:
    """Identifiers differ by more than upper and lower case (OCPI, types, CiString)."""
    return name.casefold()
