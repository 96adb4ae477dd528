"""Understands what a charger said of a session: what rounding explains is set right and noted, the rest is a fault.

The tolerance for energy and for the beginning is that of `tapwatt price` (pricing.tolerance); where two statements
differ within it, the periods count.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import timedelta
from decimal import ROUND_HALF_EVEN, Decimal

from pricing.engine.joined_periods import joined
from pricing.tolerance import FINEST_WH, START_OFF, explained_wh
from tapwatt.facts.events import ChargingEnded, MeterRead
from tapwatt.facts.fields import ChargingPeriod, FactPart, Measured, MeterEnergy, MeterPeriod, Moment
from tapwatt.facts.reasons import Doubt, EndReason
from tapwatt.facts.signed_data import SignedData

TIME_OFF = timedelta(seconds=5)
"""How far a period may reach over the end of its session, or into the one before it."""
LARGEST_WH = Decimal(10**9)
_LEAST_WH = Decimal("-0.5")
"""A meter that rounds may count back by so much; a car that gives energy back is not billed by an OCPI tariff."""
_FINEST_READING = Decimal("0.000001")
_LONGEST_WORD = 100


class Fault(FactPart):
    """Why a charger's word is not believed."""

    doubt: Doubt
    why: str


class Reading(FactPart):
    """A charger's word as it is understood: energy in Wh, times in UTC, in as few periods as tell it.

    `notes` say what had to be understood, each in a sentence. `fault` says what no tolerance explains; then there is
    nothing to price. `signed_data` is handed on as it came: it makes no other word of the same.
    """

    reason: EndReason
    started_at: Moment
    ended_at: Moment
    energy_wh: MeterEnergy
    periods: tuple[ChargingPeriod, ...] = ()
    notes: tuple[str, ...] = ()
    fault: Fault | None = None
    signed_data: SignedData | None = None

    @property
    def measured(self) -> Measured | None:
        """What was measured as a whole; None where it is nothing that a meter can show."""
        if not 0 <= self.energy_wh <= LARGEST_WH:
            return None
        return Measured(started_at=self.started_at, ended_at=self.ended_at, energy_wh=self.energy_wh)

    @property
    def expired(self) -> bool:
        """Whether it was a reservation that nobody came for."""
        return self.reason is EndReason.RESERVATION_EXPIRED

    @property
    def content(self) -> str:
        """One short name for all readings that say the same, in whatever words."""
        said = self.model_dump_json(include={"started_at", "ended_at", "energy_wh", "periods", "fault"})
        return hashlib.sha256(f"{self.expired} {said}".encode()).hexdigest()[:16]


def read(ended: ChargingEnded) -> Reading:
    """What the charger's word says."""
    notes: list[str] = []
    if ended.reason_said:
        notes.append(f"the reason {ended.reason_said[:_LONGEST_WORD]} is understood as {ended.reason}")
    energy_wh, energies = _energies(ended, notes)
    periods, fault = _in_order(ended, notes)
    fault = fault or _energy_fault(energy_wh, energies)
    whole = Reading(
        reason=ended.reason,
        started_at=ended.started_at,
        ended_at=ended.ended_at,
        energy_wh=energy_wh,
        notes=tuple(notes),
        fault=fault,
        signed_data=ended.signed_data,
    )
    if fault is not None:
        return whole
    counted = _short(sum(energies, Decimal(0)))
    if counted != energy_wh:
        notes.append(f"the periods add up to {plain(counted)} Wh and it says {plain(energy_wh)} Wh: the periods count")
    readings = [_readings(period, notes) for period in ended.periods]
    priced = [
        ChargingPeriod(starts_at=start, ends_at=end, energy_wh=energy, activity=period.activity, **reading)
        for period, (start, end), energy, reading in zip(ended.periods, periods, energies, readings, strict=True)
    ]
    return whole.model_copy(
        update={
            "started_at": min(ended.started_at, priced[0].starts_at),
            "ended_at": max(ended.ended_at, priced[-1].ends_at),
            "energy_wh": counted,
            "periods": joined(priced),
            "notes": tuple(dict.fromkeys(notes)),
        }
    )


def so_far(said: MeterRead) -> Reading:
    """What the meter shows of a session that goes on, as if it had ended with that."""
    whole = MeterPeriod(starts_at=said.started_at, ends_at=said.read_at, energy_wh=said.energy_wh)
    return read(
        ChargingEnded(
            operator_id=said.operator_id,
            session_id=said.session_id,
            reason=EndReason.HOLD_EXPIRING,
            started_at=said.started_at,
            ended_at=said.read_at,
            energy_wh=said.energy_wh,
            periods=said.periods or (whole,),
        )
    )


def _energies(ended: ChargingEnded, notes: list[str]) -> tuple[Decimal, list[Decimal]]:
    """The total and each period's, as fine as we keep them."""
    said = [ended.energy_wh, *(period.energy_wh for period in ended.periods)]
    kept = [_kept(energy, FINEST_WH) for energy in said]
    if kept != said:
        notes.append("energies with more decimals than are kept are rounded to the ten-thousandth of a Wh")
    if any(_LEAST_WH <= energy < 0 for energy in kept[1:]):
        notes.append("energies less than nothing, by half a Wh at most, are counted as nothing")
    total, *periods = kept
    return total, [Decimal(0) if _LEAST_WH <= energy < 0 else energy for energy in periods]


def _energy_fault(total: Decimal, energies: Sequence[Decimal]) -> Fault | None:
    wrong = next((energy for energy in (*energies, total) if energy < 0 or energy > LARGEST_WH), None)
    if wrong is not None:
        return Fault(doubt=Doubt.IMPLAUSIBLE_ENERGY, why=f"it says {plain(wrong)} Wh, which no charger gives to a car")
    counted, most = sum(energies, Decimal(0)), explained_wh(len(energies))
    if abs(counted - total) > most:
        why = (
            f"its periods add up to {plain(counted)} Wh and it says {plain(total)} Wh, further apart than rounding "
            f"explains ({plain(most)} Wh): a partial reading"
        )
        return Fault(doubt=Doubt.IMPLAUSIBLE_ENERGY, why=why)
    return None


def _in_order(ended: ChargingEnded, notes: list[str]) -> tuple[list[tuple[Moment, Moment]], Fault | None]:
    """When each period begins and ends: within the session, none before the one before it is over."""

    def fault(why: str) -> tuple[list[tuple[Moment, Moment]], Fault]:
        return [], Fault(doubt=Doubt.IMPLAUSIBLE_TIME, why=why)

    if ended.started_at - ended.ended_at > TIME_OFF:
        return fault(f"it ended at {at(ended.ended_at)}, before it started at {at(ended.started_at)}")
    found: list[tuple[Moment, Moment]] = []
    first, last = ended.periods[0].starts_at, ended.periods[-1].ends_at
    over = ended.started_at - first
    if over > START_OFF:
        return fault(f"its first period begins at {at(first)}, before it started at {at(ended.started_at)}")
    if over > timedelta(0):
        notes.append(f"its first period begins {seconds(over)} s before it started: the periods count")
    end = first
    for number, period in enumerate(ended.periods):
        late, back = end - period.starts_at, period.starts_at - period.ends_at
        if max(late, back) > TIME_OFF:
            return fault(f"periods[{number}] begins before the one before it ended, or ends before it begins")
        if max(late, back) > timedelta(0):
            notes.append(
                f"periods[{number}] overlaps by {seconds(max(late, back))} s: it begins where the last one ends"
            )
        start = max(period.starts_at, end)
        end = max(period.ends_at, start)
        found.append((start, end))
    if last - ended.ended_at > TIME_OFF:
        return fault(f"its last period ends at {at(last)}, after it ended at {at(ended.ended_at)}")
    if last > ended.ended_at:
        notes.append(f"its last period ends {seconds(last - ended.ended_at)} s after it ended: the periods count")
    return found, None


def _readings(period: MeterPeriod, notes: list[str]) -> dict[str, Decimal]:
    """Currents and powers as fine as we keep them; one that no meter can show is left out, as if it were not given."""
    found: dict[str, Decimal] = {}
    for name in ("min_current_a", "max_current_a", "min_power_w", "max_power_w"):
        said: Decimal | None = getattr(period, name)
        if said is None:
            continue
        kept = _kept(said, _FINEST_READING)
        if not 0 <= kept <= LARGEST_WH:
            notes.append(f"a {name} of {plain(said)} is left out")
            continue
        if kept != said:
            notes.append("currents and powers with more than six decimals are rounded")
        found[name] = kept
    return found


def _kept(said: Decimal, finest: Decimal) -> Decimal:
    return _short(said.quantize(finest, rounding=ROUND_HALF_EVEN))


def _short(number: Decimal) -> Decimal:
    """The same number in one way of writing it: 12300.6 and not 12300.6000, 100 and not 1E+2."""
    short = number.normalize() + 0
    return short if int(short.as_tuple().exponent) <= 0 else short.quantize(Decimal(1))


def plain(number: Decimal) -> str:
    """A number for people."""
    return f"{number.normalize():f}"


def at(moment: Moment) -> str:
    """A moment for people."""
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def seconds(length: timedelta) -> str:
    """A length of time in seconds, for people."""
    return plain(Decimal(length // timedelta(microseconds=1)).scaleb(-6))
