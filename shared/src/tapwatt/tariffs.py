"""An OCPI tariff as the driver was shown it, in the words of OCPI 2.2.1 and 2.3.0."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal
from difflib import get_close_matches
from enum import StrEnum
from functools import lru_cache
from typing import Annotated, Any, Literal

from pydantic import (
    AliasChoices,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    WrapValidator,
    model_validator,
)
from pydantic.json_schema import SkipJsonSchema

from tapwatt.exact import OCPI_CLOCK, OCPI_DAY, OCPI_INSTANT, WHOLE, Exact
from tapwatt.money import Currency, exponent


def _utc_when_unmarked(value: object) -> object:
    """OCPI times are UTC and may lack the Z (OCPI 2.2.1, types, DateTime)."""
    if isinstance(value, str) and value and value[-1] not in "zZ" and "+" not in value and value.count("-") < 3:
        return value + "Z"
    return value


OcpiTime = Annotated[AwareDatetime, BeforeValidator(_utc_when_unmarked), OCPI_INSTANT]
Amount = Annotated[
    Decimal, Field(ge=0, le=10**9, max_digits=30, decimal_places=20, allow_inf_nan=False), Exact(10**9, 20)
]
"""Major units. OCPI has four decimals; prices that were divided by a tax have as many as a program wrote."""

Percent = Annotated[Decimal, Field(ge=0, le=100, max_digits=15, decimal_places=12, allow_inf_nan=False), Exact(100, 12)]
Quantity = Annotated[
    Decimal, Field(ge=0, le=10**9, max_digits=22, decimal_places=12, allow_inf_nan=False), Exact(10**9, 12)
]
Seconds = Annotated[int, Field(ge=0, le=10**9), WHOLE]
LocalTime = Annotated[time, OCPI_CLOCK]
LocalDay = Annotated[date, OCPI_DAY]


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


def _may_be_null(schema: dict[str, Any]) -> None:
    schema["additionalProperties"] = {"type": "null"}


class _Priced(_Ocpi):
    """What money depends on: a field that we do not know would change the price, so it is refused, not ignored.

    One that is null says nothing.
    """

    model_config = ConfigDict(extra="forbid", json_schema_extra=_may_be_null)

    @model_validator(mode="before")
    @classmethod
    def _leave_out_what_says_nothing(cls, value: Any) -> Any:
        if not isinstance(value, dict) or value.keys() <= cls.model_fields.keys():
            return value
        return {
            name: one for name, one in value.items() if name in cls.model_fields or not cls._says_nothing(name, one)
        }

    @classmethod
    def _says_nothing(cls, name: str, value: object) -> bool:
        return value is None


class PriceComponent(_Priced):
    """A price in major units per kWh, per hour, or a session; `step_size` in Wh or s (OCPI PriceComponent)."""

    type: Dimension
    price: Amount
    vat: Percent | None = None
    step_size: Annotated[int, Field(ge=0, le=10**9), WHOLE] = 1


class Restrictions(_Priced):
    """When a tariff element holds."""

    start_time: LocalTime | None = None
    end_time: LocalTime | None = None
    start_date: LocalDay | None = None
    end_date: LocalDay | None = None
    min_kwh: Quantity | None = None
    max_kwh: Quantity | None = None
    min_current: Quantity | None = None
    max_current: Quantity | None = None
    min_power: Quantity | None = None
    max_power: Quantity | None = None
    min_duration: Seconds | None = None
    max_duration: Seconds | None = None
    day_of_week: tuple[DayOfWeek, ...] | None = None
    reservation: Literal["RESERVATION", "RESERVATION_EXPIRES"] | None = None


class TariffElement(_Priced):
    """Prices that hold together, and when they hold. The first element that matches wins, for each dimension."""

    price_components: Annotated[tuple[PriceComponent, ...], Field(min_length=1, max_length=16)]
    restrictions: Restrictions | None = None


def _either_name(schema: dict[str, Any]) -> None:
    """Let the schema say which names are read: for each amount OCPI 2.3.0's, else the one of 2.2.1."""
    amounts = schema.pop("properties")
    before, after = amounts["before_taxes"], amounts["after_taxes"]
    schema.pop("required")
    newer_before = {"before_taxes": before, "excl_vat": True}, ["before_taxes"]
    older_before = {"before_taxes": False, "excl_vat": before}, ["excl_vat"]
    newer_after = {"after_taxes": after, "incl_vat": True}, ["after_taxes"]
    older_after: tuple[dict[str, Any], list[str]] = {"after_taxes": False, "incl_vat": after}, []
    schema.pop("additionalProperties")
    schema["anyOf"] = [
        {
            "properties": {**first, **second},
            "required": [*needed, *also],
            "additionalProperties": {"type": "null"},
        }
        for first, needed in (newer_before, older_before)
        for second, also in (newer_after, older_after)
    ]


class PriceLimit(_Priced):
    """A lower or upper limit of the whole session's price, in major units, before and after tax.

    OCPI 2.2.1 calls the two excl_vat and incl_vat; where both names stand, the newer counts.
    """

    model_config = ConfigDict(json_schema_extra=_either_name)

    before_taxes: Amount = Field(validation_alias=AliasChoices("before_taxes", "excl_vat"))
    after_taxes: Amount | None = Field(default=None, validation_alias=AliasChoices("after_taxes", "incl_vat"))

    @model_validator(mode="before")
    @classmethod
    def _newer_counts(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        older = {old for old, new in (("excl_vat", "before_taxes"), ("incl_vat", "after_taxes")) if new in value}
        return {name: one for name, one in value.items() if name not in older}

    @classmethod
    def _says_nothing(cls, name: str, value: object) -> bool:
        return value is None and name not in ("excl_vat", "incl_vat")


def _let_others_be(schema: dict[str, Any]) -> None:
    schema.pop("additionalProperties", None)


_OF_PRICES = frozenset(
    {
        *("price", "prices", "tax", "taxes", "vat", "fee", "fees", "cost", "costs", "discount", "surcharge", "rate"),
        *("element", "elements", "component", "components", "restriction", "restrictions", "currency", "authorize"),
    }
)
_ALIKE = 3 / 4


@lru_cache(maxsize=1024)
def speaks_of_prices(name: str) -> bool:
    """Whether a field of a tariff that OCPI has not, by its name, is about what is charged: min_prize, taxes, fee."""
    words = name.casefold().replace("-", "_").split("_")
    known = [field for field in Tariff.model_fields if not field.startswith("tariff_alt") and field not in _BESIDE]
    misplaced = (
        PriceComponent.model_fields.keys() | TariffElement.model_fields.keys() | Restrictions.model_fields.keys()
    )
    alike = bool(get_close_matches(name.casefold(), known, 1, _ALIKE))
    return alike or name in misplaced or not _OF_PRICES.isdisjoint(words)


_BESIDE = ("id", "type", "last_updated")


class TariffType(StrEnum):
    """Whom a tariff is for (OCPI TariffType); one of a type that we do not know is for nobody whom we serve."""

    AD_HOC_PAYMENT = "AD_HOC_PAYMENT"
    PROFILE_CHEAP = "PROFILE_CHEAP"
    PROFILE_FAST = "PROFILE_FAST"
    PROFILE_GREEN = "PROFILE_GREEN"
    REGULAR = "REGULAR"


class DisplayText(_Ocpi):
    """A text for a driver, in the language of an ISO 639-1 code (OCPI DisplayText)."""

    language: Annotated[str, Field(min_length=2, max_length=2)]
    text: Annotated[str, Field(max_length=512)]


class Tariff(_Priced):
    """An OCPI tariff object; what it does not say about prices is not charged.

    Fields beside prices are let be: the standard's own, and an operator's.
    """

    model_config = ConfigDict(json_schema_extra=_let_others_be)

    id: Annotated[str, Field(min_length=1, max_length=64)]
    currency: Currency
    type: str | None = None
    tariff_alt_text: Annotated[tuple[DisplayText, ...], Field(max_length=32)] = ()
    tariff_alt_url: Annotated[str, Field(max_length=255)] | None = None
    elements: Annotated[tuple[TariffElement, ...], Field(min_length=1, max_length=2000)]
    min_price: PriceLimit | None = None
    max_price: PriceLimit | None = None
    preauthorize_amount: Amount | None = None
    tax_included: Literal["YES", "NO", "N/A"] | None = None
    start_date_time: OcpiTime | None = None
    end_date_time: OcpiTime | None = None
    last_updated: OcpiTime | None = None

    @classmethod
    def _says_nothing(cls, name: str, value: object) -> bool:
        return value is None or not speaks_of_prices(name)

    def valid_at(self, moment: datetime) -> bool:
        """Whether the tariff may be offered at this moment (UTC)."""
        begun = self.start_date_time is None or self.start_date_time <= moment
        return begun and (self.end_date_time is None or moment < self.end_date_time)


def contradiction(tariff: Tariff) -> str | None:
    """Why no session can be billed by this tariff although each of its fields can be read; None if one can."""
    limits = contradicting_limits(tariff)
    if limits is not None:
        return limits
    begins, ends = tariff.start_date_time, tariff.end_date_time
    if begins is not None and ends is not None and ends <= begins:
        return "end_date_time is not after start_date_time, so it is never valid"
    asked = tariff.preauthorize_amount
    if asked is not None and asked != round(asked, exponent(tariff.currency)):
        return f"preauthorize_amount {asked} has more decimals than {tariff.currency} has"
    for number, element in enumerate(tariff.elements):
        if any(t is not None and t.tzinfo is not None for t in _times(element)):
            return f"elements[{number}] has a time of day with an offset; OCPI gives it in local time, as 13:30"
    return None


def contradicting_limits(tariff: Tariff) -> str | None:
    """Why no price is within the tariff's limits; None if one can be."""
    for name, limit in (("min_price", tariff.min_price), ("max_price", tariff.max_price)):
        if limit is not None and limit.after_taxes is not None and limit.after_taxes < limit.before_taxes:
            return f"{name} is lower after taxes than before taxes"
    low, high = tariff.min_price, tariff.max_price
    if low is None or high is None:
        return None
    if low.before_taxes > high.before_taxes:
        return f"min_price {low.before_taxes} is higher than max_price {high.before_taxes}"
    if low.after_taxes is not None and high.after_taxes is not None and low.after_taxes > high.after_taxes:
        return f"min_price {low.after_taxes} is higher than max_price {high.after_taxes} after taxes"
    return None


def _times(element: TariffElement) -> tuple[time | None, time | None]:
    restrictions = element.restrictions or Restrictions()
    return restrictions.start_time, restrictions.end_time


class TariffRef(_Ocpi):
    """A published tariff by its id and version; whose it is follows from where the session is."""

    id: Annotated[str, Field(min_length=1, max_length=64)]
    version: Annotated[str, Field(min_length=1, max_length=64)]


class UnreadableTariff(_Ocpi):
    """A tariff nobody could bill by: where it is wrong and why, so that the driver is refused, not the record."""

    unreadable: Annotated[str, Field(min_length=1, max_length=500)]


def _read_or_say_why(value: object, _: object) -> Tariff | UnreadableTariff:
    if isinstance(value, Tariff | UnreadableTariff):
        return value
    if isinstance(value, dict) and set(value) == {"unreadable"}:
        return UnreadableTariff.model_validate(value)
    try:
        return Tariff.model_validate(value)
    except ValidationError as error:
        return UnreadableTariff(unreadable=what_is_wrong(error)[:500])


def what_is_wrong(error: ValidationError) -> str:
    """The first fault of an OCPI object in one sentence: its JSON path, and what is wrong there, never the value."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    where = first["loc"]
    if first["type"] == "extra_forbidden":
        where = (*where[:-1], "an unknown field")  # its name was chosen by whoever wrote the tariff
    steps = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in where)
    return f"${steps}: {first['msg']}"


ShownTariff = Annotated[Tariff | SkipJsonSchema[UnreadableTariff], WrapValidator(_read_or_say_why)]
"""A tariff as a driver was shown it; what cannot be billed by is read as the reason why not."""
