"""What facts are made of: names, texts, energies, moments in UTC, time zones; places, holds, charging periods."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from tapwatt.money import Positive

Name = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9._:*\-]*$")]
"""An identifier given by an operator: of a session, a terminal, an EVSE, a site."""

Text = Annotated[str, Field(max_length=500)]
Energy = Annotated[Decimal, Field(ge=0, le=10**9, max_digits=16, decimal_places=4, allow_inf_nan=False)]
"""Energy in watt-hours (Wh), exact."""


FIRST, LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
"""The moments we believe: from the first, before the last."""


def _utc(moment: datetime) -> datetime:
    # Compared before it is converted: at the ends of the calendar a conversion leaves it.
    if not FIRST <= moment < LAST:
        raise ValueError("not a time from 1970 to 2199, so a clock was wrong")
    return moment.astimezone(UTC)


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError("not an IANA time zone; use a name such as Europe/Amsterdam") from error
    return name


Moment = Annotated[AwareDatetime, AfterValidator(_utc)]
TimeZone = Annotated[str, Field(max_length=64), AfterValidator(_zone)]


class FactPart(BaseModel):
    """Something a fact is made of: frozen, and a field we do not know is let be."""

    model_config = ConfigDict(frozen=True, extra="ignore")


IdleGrace = Annotated[int, Field(ge=0, le=86400)]
"""How long a car may stay once energy has stopped before PARKING_TIME counts, in seconds."""

Reading = Annotated[Decimal, Field(ge=0, le=10**9, max_digits=18, decimal_places=6, allow_inf_nan=False)]
"""A current in A or a power in W, as it was measured."""


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


class ChargingPeriod(FactPart):
    """A stretch of a session in which one thing went on: energy in Wh, current in A, power in W."""

    starts_at: Moment
    ends_at: Moment
    energy_wh: Energy = Decimal(0)
    activity: Literal["charging", "parked", "reserved"] = "charging"
    min_current_a: Reading | None = None
    max_current_a: Reading | None = None
    min_power_w: Reading | None = None
    max_power_w: Reading | None = None
