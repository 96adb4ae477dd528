"""What facts are made of: names, texts, energies, moments in UTC, time zones."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

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


class Part(BaseModel):
    """Something a fact is made of: frozen, and a field we do not know is let be."""

    model_config = ConfigDict(frozen=True, extra="ignore")
