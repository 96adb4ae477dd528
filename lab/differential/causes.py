"""The causes that are known for a peer to differ, each of which proves itself on the case that it explains.

A cause is explained away in one of three ways, and then both must say the same price to the fourth decimal:
- the peer hears the case in words in which its weakness has nothing to act on (`peer`), and must come to our price;
- our engine hears the case as if it were as blind as the peer (`ours`): it must come to the peer's very number;
- our engine's steps or limits are read as the peer reads them (`reads`): here, too, it is the number that counts.
Only a reservation is taken out for both. docs/differential.md says of each cause what OCPI says and who is right.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lab.differential import rewording as words
from lab.differential.cases import Case
from lab.differential.cutting import cut
from lab.differential.rewording import Change, changed, each, periods, restrictions, without


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a peer says another price, and how a case is said to either engine so that the cause is gone."""

    name: str
    means: str
    ours: Change | None = None
    peer: Change | None = None
    reads: Mapping[str, Any] = field(default_factory=dict)

    def reword(self, for_ours: Case, for_peer: Case) -> tuple[Case, Case]:
        """Both cases without this cause."""
        return (self.ours(for_ours) if self.ours else for_ours, self.peer(for_peer) if self.peer else for_peer)


NOT_CUT = Cause("not cut", "a period is priced by what held when it began", peer=cut)
HOURS = Cause(
    "hours as written", "the record's rounded hours are billed, not its times", peer=changed(words.hours_by_the_clock)
)
NO_HOURS = Cause(
    "no hours written", "a charging period without a TIME dimension took no time", peer=changed(words.missing_hours)
)
RESERVATIONS = Cause(
    "reservations",
    "what a tariff asks for a reservation is asked for charging, and no reservation is priced",
    ours=changed(words.after_the_reservation),
    peer=changed(words.without_reservations),
)
PARKING_FIRST = Cause(
    "parking first",
    "parking is rounded up to its step, and charging that comes after it is not",
    reads={"parking_first": True},
)

RUST: tuple[Cause, ...] = (
    NOT_CUT,
    HOURS,
    NO_HOURS,
    Cause("equal ends", "a window from a time to the same time never holds", peer=each(words.whole_day, restrictions)),
    Cause(
        "crossing a bound",
        "of a period that crosses a power or current bound the better end counts, and parking has no power to miss it",
        peer=changed(words.read_as_ours),
    ),
    RESERVATIONS,
    Cause("nothing measured", "a bound on what nobody measured holds", ours=words.not_measured),
    Cause("empty energy last", "a period with 0 kWh sets the step", peer=each(words.no_empty_energy, periods)),
    PARKING_FIRST,
    Cause("free counts", "what is free counts towards the total that a step rounds", reads={"free_counts": True}),
    Cause(
        "limits as pairs", "limits before and after VAT are one pair, its first half decides", reads={"limits": "pairs"}
    ),
)
PYTHON: tuple[Cause, ...] = (
    Cause("no wrap", "a window over midnight never holds", peer=changed(words.two_windows)),
    Cause("end of day", "a window that ends at 00:00 never holds", peer=each(words.end_of_day, restrictions)),
    Cause("end date inclusive", "an element holds on its end_date, too", peer=each(words.last_day, restrictions)),
    NOT_CUT,
    HOURS,
    NO_HOURS,
    Cause("five countries", "outside five countries local time is UTC", peer=changed(words.local_offsets)),
    Cause(
        "a hair short",
        "a duration divided by 3600 and multiplied again falls short of its bound",
        peer=each(words.a_second_sooner, restrictions),
    ),
    Cause("energy bounds unread", "min_kwh and max_kwh are not read", ours=without("min_kwh", "max_kwh")),
    Cause("power bounds unread", "min_power and max_power are not read", ours=without("min_power", "max_power")),
    Cause(
        "current bounds unread", "min_current and max_current are not read", ours=without("min_current", "max_current")
    ),
    RESERVATIONS,
    PARKING_FIRST,
    Cause("empty component last", "a component with nothing to price sets the step", reads={"empty_last": True}),
    Cause("limits unread", "min_price and max_price are not read", reads={"limits": "none"}),
)
OF_PEER: Mapping[str, tuple[Cause, ...]] = {"rust": RUST, "python": PYTHON}
"""By the peer's name; the bluntest come last."""
