"""An OCPI tariff as the driver was shown it, in the words of OCPI 2.2.1 and 2.3.0."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AliasChoices, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

from tapwatt.money import Currency


def _utc_when_unmarked(value: object) -> object:
    """OCPI times are UTC and may lack the Z (OCPI 2.2.1, types, DateTime)."""
    if isinstance(value, str) and value and value[-1] not in "zZ" and "+" not in value and value.count("-") < 3:
        return value + "Z"
    return value


OcpiTime = Annotated[AwareDatetime, BeforeValidator(_utc_when_unmarked)]
Amount = Annotated[Decimal, Field(ge=0, le=10**9, max_digits=18, decimal_places=6, allow_inf_nan=False)]
Percent = Annotated[Decimal, Field(ge=0, le=100, allow_inf_nan=False)]
Quantity = Annotated[Decimal, Field(ge=0, le=10**9, allow_inf_nan=False)]


class Dimension(StrEnum):
    """What a price component charges for."""

    ENERGY = "ENERGY"
    TIME = "TIME"
    PARKING_TIME = "PARKING_TIME"
    FLAT = "FLAT"


class DayOfWeek(StrEnum):
    """A day of the week in the charger's local time."""

    MONDAY = "MONDAY"
    TUESDAY = "TUESDAY"
    WEDNESDAY = "WEDNESDAY"
    THURSDAY = "THURSDAY"
    FRIDAY = "FRIDAY"
    SATURDAY = "SATURDAY"
    SUNDAY = "SUNDAY"


class _Ocpi(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)


class PriceComponent(_Ocpi):
    """A price in major units per kWh, per hour, or a session; `step_size` in Wh or s (OCPI PriceComponent)."""

    type: Dimension
    price: Amount
    vat: Percent | None = None
    step_size: Annotated[int, Field(ge=0, le=10**9)] = 1


class Restrictions(_Ocpi):
    """When a tariff element holds. One we do not know would change the price, so it is refused, not ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    start_time: time | None = None
    end_time: time | None = None
    start_date: date | None = None
    end_date: date | None = None
    min_kwh: Quantity | None = None
    max_kwh: Quantity | None = None
    min_current: Quantity | None = None
    max_current: Quantity | None = None
    min_power: Quantity | None = None
    max_power: Quantity | None = None
    min_duration: Annotated[int, Field(ge=0)] | None = None
    max_duration: Annotated[int, Field(ge=0)] | None = None
    day_of_week: tuple[DayOfWeek, ...] | None = None
    reservation: Literal["RESERVATION", "RESERVATION_EXPIRES"] | None = None


class TariffElement(_Ocpi):
    """Prices that hold together, and when they hold. The first element that matches wins, for each dimension."""

    price_components: Annotated[tuple[PriceComponent, ...], Field(min_length=1, max_length=16)]
    restrictions: Restrictions | None = None


class PriceLimit(_Ocpi):
    """A lower or upper limit of the whole session's price, in major units, before and after tax."""

    before_taxes: Amount = Field(validation_alias=AliasChoices("before_taxes", "excl_vat"))
    after_taxes: Amount | None = Field(default=None, validation_alias=AliasChoices("after_taxes", "incl_vat"))


class Tariff(_Ocpi):
    """An OCPI tariff object; what it does not say about prices is not charged."""

    id: Annotated[str, Field(min_length=1, max_length=64)]
    currency: Currency
    type: str | None = None
    elements: Annotated[tuple[TariffElement, ...], Field(min_length=1, max_length=200)]
    min_price: PriceLimit | None = None
    max_price: PriceLimit | None = None
    tax_included: Literal["YES", "NO", "N/A"] | None = None
    start_date_time: OcpiTime | None = None
    end_date_time: OcpiTime | None = None
    last_updated: OcpiTime | None = None

    def valid_at(self, moment: datetime) -> bool:
        """Whether the tariff may be offered at this moment (UTC)."""
        begun = self.start_date_time is None or self.start_date_time <= moment
        return begun and (self.end_date_time is None or moment < self.end_date_time)
