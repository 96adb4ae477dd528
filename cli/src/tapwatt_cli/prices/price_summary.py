"""What came of all records of a file: how many, what they cost, and how far that is from what they say themselves."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field

from pricing.ocpi.documents import quoted
from tapwatt.money import Money
from tapwatt_cli.prices.pricing_records import Priced

LARGEST = 10
MOST_NAMES = 1_000_000
"""Of so many records it is known whether one came before: 8 bytes of each, and what holds them."""
_MOST_TWICE = 3


@dataclass(slots=True)
class Summary:
    """Counted as the records come, so that a file may be of any size. Amounts in minor units, by currency."""

    priced: int = 0
    no_price: int = 0
    doubted: int = 0
    differ: int = 0
    silent: int = 0
    again: int = 0
    totals: dict[str, int] = field(default_factory=dict)
    off: dict[str, int] = field(default_factory=dict)
    _largest: list[tuple[int, int, str, Money]] = field(default_factory=list)
    _names: set[int] = field(default_factory=set)
    _twice: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        """Whether every record has a price, and none another than it says."""
        return not self.no_price and not self.differ

    def add(self, one: Priced) -> None:
        """Count a record that has a price."""
        self.priced += 1
        self.doubted += bool(one.doubts)
        self.silent += one.stated is None
        self._named(one)
        currency = one.tariff.currency
        self.totals[currency] = self.totals.get(currency, 0) + one.bill.incl_vat.minor
        difference = one.difference
        if not difference:
            return
        self.differ += 1
        self.off[currency] = self.off.get(currency, 0) + difference.minor
        name = quoted(one.usage.id) if one.usage.id else one.usage.path
        # The count makes every entry another, so that two differences are never compared by name or money.
        entry = (abs(difference.minor), -self.differ, name, difference)
        (heapq.heappush if len(self._largest) < LARGEST else heapq.heappushpop)(self._largest, entry)

    def _named(self, one: Priced) -> None:
        if one.usage.id is None:
            return
        # By its hash, which is the same as another's once in billions: names may be long, and files of any size.
        name = hash(one.usage.id)
        if name in self._names:
            self.again += 1
            if len(self._twice) < _MOST_TWICE:
                self._twice.append(quoted(one.usage.id))
        elif len(self._names) < MOST_NAMES:
            self._names.add(name)

    @property
    def largest(self) -> list[tuple[str, Money]]:
        """The largest differences (ours less the record's), the largest first."""
        return [(name, difference) for _, _, name, difference in sorted(self._largest, reverse=True)]

    def lines(self) -> Iterator[str]:
        """The summary for people."""
        totals = ", ".join(f"{_money(minor, currency)}" for currency, minor in sorted(self.totals.items()))
        yield f"{self.priced + self.no_price} records: {self.priced} priced{f' ({totals} in all)' if totals else ''}."
        if self.no_price:
            yield f"{self.no_price} have no price: each is named above, with why."
        if self.doubted:
            yield f"{self.doubted} are doubted: look for Doubt above."
        if self.again:
            have = "has an id" if self.again == 1 else "have ids"
            yield f"{self.again} {have} that came before, as {', '.join(self._twice)}: all are in the totals."
        if self.silent:
            say = "says" if self.silent == 1 else "say"
            yield f"{self.silent} {say} no total that can be compared."
        if not self.differ:
            if self.silent < self.priced:
                yield "None differs from the total that it says itself."
            return
        off = ", ".join(f"{_signed(minor, currency)}" for currency, minor in sorted(self.off.items()))
        yield f"{self.differ} differ from the total that they say themselves, by {off} in all; the largest:"
        for name, difference in self.largest:
            yield f"  {name}  {_signed(difference.minor, difference.currency)}"


def _money(minor: int, currency: str) -> str:
    return f"{Money(minor=minor, currency=currency).major:,f} {currency}"


def _signed(minor: int, currency: str) -> str:
    return f"{Money(minor=minor, currency=currency).major:+,f} {currency}"
