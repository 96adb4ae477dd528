"""What may be said of the world of the provider in memory: its cards, its terminals, its habits and its faults."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from pydantic import SecretStr

from tapwatt.facts.bill import CardSlip
from tapwatt.money import Money
from tapwatt.provider.card_slips import Shown, brand_of, slip_of
from tapwatt.provider.port import Failure


@dataclass(frozen=True, slots=True)
class BankCard:
    """A card in somebody's hand. `failure` is what a hold on it ends in; `at_most` (minor units) is all it can hold.

    `shown` is what a terminal tells of it for its holder's receipt.
    """

    token: SecretStr | None
    par: SecretStr | None = None
    failure: Failure | None = None
    at_most: int | None = None
    shown: Shown | None = None

    @property
    def secrets(self) -> tuple[SecretStr | None, SecretStr | None]:
        """The token and the PAR."""
        return self.token, self.par

    def holds(self, wanted: Money) -> Money:
        """How much of an amount can be held on it."""
        return (
            wanted if self.at_most is None else Money(minor=min(self.at_most, wanted.minor), currency=wanted.currency)
        )

    @property
    def brand(self) -> str | None:
        """What a hold tells of it."""
        return None if self.shown is None else brand_of(self.shown.brand, self.secrets)

    @property
    def slip(self) -> CardSlip | None:
        """What the receipt of a capture shows of it."""
        return None if self.shown is None else slip_of(self.shown, self.secrets)


class Fault(StrEnum):
    """What may go wrong with one call."""

    UNAVAILABLE = "unavailable"
    REQUEST_LOST = "request_lost"
    ANSWER_LOST = "answer_lost"
    LATE = "late"
    PENDING = "pending"
    MANUAL = "manual"
    REFUSED = "refused"


Trouble = Callable[[str, str], Fault | None]
"""The fault of a call, by its verb (a method of the port) and its idempotency, order or transaction reference."""


class Terminal(StrEnum):
    """How a terminal is."""

    ONLINE = "online"
    BUSY = "busy"
    OFFLINE = "offline"
    UNKNOWN = "unknown"
    """Not set up at the provider."""


class Terminals:
    """How each terminal is. `known` are those that are set up before any is put into a state; every one if None."""

    def __init__(self, known: frozenset[str] | None) -> None:
        self._known = known
        self._put: dict[str, Terminal] = {}

    def put(self, terminal_id: str, state: Terminal) -> None:
        """It becomes so."""
        self._put[terminal_id] = state

    def state(self, terminal_id: str) -> Terminal:
        """How it is."""
        known = self._known is None or terminal_id in self._known
        return self._put.get(terminal_id, Terminal.ONLINE if known else Terminal.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Habits:
    """How this provider is set up; times in seconds.

    With a window of 0 it ignores references altogether; without `captures_once` it takes of a hold as often as it is
    asked, as long as something stands; `terminals` are those it knows, every one if that is None.
    """

    pending_s: float = 360.0
    hold_s: float = 5 * 86_400.0
    idempotency_window_s: float = 86_400.0
    late_s: float = 60.0
    latency_s: float = 0.0
    auto_release: bool = True
    captures_once: bool = True
    capture_repeats_card: bool = True
    terminals: frozenset[str] | None = None
