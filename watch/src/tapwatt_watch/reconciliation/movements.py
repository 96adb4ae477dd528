"""Movements of money, as our facts claim them and as the provider's account tells them: one word for both sides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from tapwatt.money import Money


class Kind(StrEnum):
    """What a movement does. A release is known by its hold's reference, all others by their own."""

    HOLD = "hold"
    RELEASE = "release"
    CAPTURE = "capture"
    REFUND = "refund"
    CHARGEBACK = "chargeback"


SETTLED = frozenset({Kind.CAPTURE, Kind.REFUND, Kind.CHARGEBACK})
"""What reaches a merchant's account, and so stands in a settlement file. A hold never leaves the cardholder's."""


@dataclass(frozen=True, slots=True)
class Movement:
    """So much was held, let go, taken or given back. `amount` is what that kind moves: a refund of 5.00 is 5.00.

    It is negative where a line takes an earlier one back. `session` is operator/session, empty where it is not told;
    `hold` the reference of its hold, or of what else it follows, where that is told.
    """

    kind: Kind
    reference: str
    amount: Money
    at: datetime
    session: str = ""
    hold: str = ""

    @property
    def key(self) -> tuple[Kind, str]:
        """By which both sides know it."""
        return self.kind, self.reference


@dataclass(frozen=True, slots=True)
class Statement:
    """A provider's account of money. `tells` is what it tells of, `until` how far it is complete (None: nowhere).

    `only` names the sessions that were asked about, where it tells of no other. `fees` are in minor units, by currency;
    they are nobody's session and are kept apart.
    """

    source: str
    movements: tuple[Movement, ...]
    tells: frozenset[Kind]
    until: datetime | None
    only: frozenset[str] | None = None
    fees: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    notes: tuple[str, ...] = ()
