"""What facts are made of: names, texts, energies, moments in UTC, time zones; places, holds, charging periods."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema
from typing_extensions import TypeAliasType

from tapwatt.exact import INSTANT, WHOLE, Exact
from tapwatt.money import Positive
from tapwatt.time_zones import zone_named, zone_names

Name = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9._:*\-]*$")]
"""An identifier given by an operator: of a session, a terminal, an EVSE, a site."""

Text = Annotated[str, Field(max_length=500)]
Energy = Annotated[
    Decimal, Field(ge=0, le=10**9, max_digits=22, decimal_places=12, allow_inf_nan=False), Exact(10**9, 12)
]
"""Energy in watt-hours (Wh), as it was written."""

MeterEnergy = Annotated[
    Decimal,
    Field(ge=-(10**12), le=10**12, max_digits=25, decimal_places=12, allow_inf_nan=False),
    Exact(10**12, 12, signed=True),
]
"""Energy in Wh as a charger said it: with the noise of its arithmetic, and with what nobody will believe."""


FIRST, LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
"""The moments we believe: from the first, before the last."""


def _utc(moment: datetime) -> datetime:
    # Compared before it is converted: at the ends of the calendar a conversion leaves it.
    if not FIRST <= moment < LAST:
        raise ValueError("not a time from 1970 to 2199, so a clock was wrong")
    return moment.astimezone(UTC)


def _zone(name: str) -> str:
    return zone_named(name).key


class _ZoneNames:
    """Lets the schema name each zone: a pattern would allow Mars/Olympus."""

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Every name that is read."""
        named = "A name of the IANA time zone database."
        return {"type": "string", "description": named, "enum": sorted(zone_names())}


Moment = Annotated[AwareDatetime, AfterValidator(_utc), INSTANT]
TimeZone = TypeAliasType("TimeZone", Annotated[str, AfterValidator(_zone), _ZoneNames()])


class FactPart(BaseModel):
    """Something a fact is made of: frozen, and a field we do not know is let be."""

    model_config = ConfigDict(frozen=True, extra="ignore")


IdleGrace = Annotated[int, Field(ge=0, le=86400), WHOLE]
"""How long a car may stay once energy has stopped before PARKING_TIME counts, in seconds."""

Reading = Annotated[
    Decimal, Field(ge=0, le=10**9, max_digits=22, decimal_places=12, allow_inf_nan=False), Exact(10**9, 12)
]
"""A current in A or a power in W, as it was measured."""

MeterReading = MeterEnergy
"""The same as a charger said it."""


class Place(FactPart):
    """Where it happens. A card is matched only within one operator and site."""

    operator_id: Name
    site_id: Name
    terminal_id: Name
    evse_id: Name


class Hold(FactPart):
    """Money reserved at the provider, until it is taken, let go, or runs out.

    `order_reference` is under which name the provider was asked; a hold of the first days was asked for under its
    session_id alone.
    """

    reference: Annotated[str, Field(min_length=1, max_length=255)]
    amount: Positive
    authorised_at: Moment
    expires_at: Moment
    order_reference: Annotated[str, Field(min_length=1, max_length=255)] | None = None


class Measured(FactPart):
    """What a charger said of a session as a whole: energy in Wh, times in UTC."""

    started_at: Moment
    ended_at: Moment
    energy_wh: Energy


class MeterPeriod(FactPart):
    """A stretch of a session in which one thing went on, as a charger said it: in Wh, A and W."""

    model_config = ConfigDict(revalidate_instances="subclass-instances")

    starts_at: Moment
    ends_at: Moment
    energy_wh: MeterEnergy = Decimal(0)
    activity: Literal["charging", "parked", "reserved"] = "charging"
    min_current_a: MeterReading | None = None
    max_current_a: MeterReading | None = None
    min_power_w: MeterReading | None = None
    max_power_w: MeterReading | None = None


MOST_PERIODS = 10_000
MeterPeriods = Annotated[tuple[MeterPeriod, ...], Field(min_length=1, max_length=MOST_PERIODS)]
"""All periods of a session, nearly a week of one a minute at the most."""


class ChargingPeriod(MeterPeriod):
    """The same as it is priced: exactly, and no finer than we keep."""

    energy_wh: Energy = Decimal(0)
    min_current_a: Reading | None = None
    max_current_a: Reading | None = None
    min_power_w: Reading | None = None
    max_power_w: Reading | None = None
