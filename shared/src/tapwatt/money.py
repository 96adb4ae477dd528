"""Money as whole minor units with its currency; the one place where an amount is rounded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, ROUND_UP, Decimal, InvalidOperation, Overflow
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType
from typing import Annotated

from iso4217 import Currency as IsoCurrency
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, GetJsonSchemaHandler, StrictInt
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema
from typing_extensions import TypeAliasType

from tapwatt.exact import WHOLE_IN_JSON

LARGEST_MINOR = 10**12
"""No single amount at a charger comes near this; a larger one is a broken message, not money."""


class Rounding(StrEnum):
    """How an exact amount becomes whole minor units. Half-up is what receipts in the euro area use."""

    HALF_UP = "half_up"
    HALF_EVEN = "half_even"
    DOWN = "down"
    UP = "up"


_DECIMAL_MODE = {
    Rounding.HALF_UP: ROUND_HALF_UP,
    Rounding.HALF_EVEN: ROUND_HALF_EVEN,
    Rounding.DOWN: ROUND_DOWN,
    Rounding.UP: ROUND_UP,
}


@lru_cache(maxsize=512)
def exponent(currency: str) -> int:
    """How many decimals the currency has: 2 for EUR, 0 for JPY, 3 for KWD (ISO 4217). ValueError if it is unknown."""
    try:
        digits = IsoCurrency(currency).exponent
    except ValueError:
        digits = None
    if digits is None or currency != currency.upper():
        raise ValueError(
            f"{currency!r} is not an ISO 4217 currency that amounts can be given in; use a code such as EUR"
        )
    return int(digits)


def _known(currency: str) -> str:
    exponent(currency)
    return currency


class _Codes:
    """Lets the schema name each currency: a pattern would allow ZZZ."""

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Every code that is read."""
        named = "An ISO 4217 currency that amounts can be given in."
        return {"type": "string", "description": named, "enum": sorted(currencies())}


def currencies() -> frozenset[str]:
    """The codes of all currencies that have a minor unit (ISO 4217)."""
    return frozenset(one.value for one in IsoCurrency if one.exponent is not None)


Currency = TypeAliasType(
    "Currency", Annotated[str, Field(min_length=3, max_length=3), AfterValidator(_known), _Codes()]
)


@dataclass(frozen=True, slots=True)
class RoundingPolicy:
    """How final amounts are rounded: by currency where one has a rule of its own, else by the default.

    ValueError if a currency is unknown: a rule that is never used because of a typing error would round wrongly.
    """

    default: Rounding = Rounding.HALF_UP
    by_currency: Mapping[str, Rounding] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for currency in self.by_currency:
            exponent(currency)
        # A copy that nobody can change, as everything else in a policy.
        object.__setattr__(self, "by_currency", MappingProxyType(dict(self.by_currency)))

    def of(self, currency: str) -> Rounding:
        """How amounts of this currency are rounded."""
        return self.by_currency.get(currency, self.default)


class Money(BaseModel):
    """An amount in minor units (cents for EUR, yen for JPY, fils for KWD)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    minor: Annotated[StrictInt, Field(ge=-LARGEST_MINOR, le=LARGEST_MINOR), WHOLE_IN_JSON]
    currency: Currency

    @classmethod
    def of(cls, major: Decimal | str, currency: str) -> Money:
        """The money in an exact major amount: of("19.99", "EUR") is 1999 cents. ValueError on extra decimals."""
        try:
            amount = Decimal(major)
            minor = amount.scaleb(exponent(currency))
            whole = minor.to_integral_value()
        except (InvalidOperation, Overflow) as error:
            raise ValueError(f"{major!r} is not an amount of money") from error
        if not whole.is_finite():
            raise ValueError(f"{major!r} is not an amount of money")
        if minor != whole:
            raise ValueError(f"{major} {currency} has more than the {exponent(currency)} decimals that {currency} has")
        return cls(minor=int(whole), currency=currency)

    @classmethod
    def zero(cls, currency: str) -> Money:
        """Nothing, in this currency."""
        return cls(minor=0, currency=currency)

    @property
    def major(self) -> Decimal:
        """The amount in major units, with exactly the currency's decimals: 1999 EUR cents is Decimal("19.99")."""
        return Decimal(self.minor).scaleb(-exponent(self.currency))

    def __str__(self) -> str:
        return f"{self.major:f} {self.currency}"

    def __add__(self, other: Money) -> Money:
        self._same_currency(other)
        return Money(minor=self.minor + other.minor, currency=self.currency)

    def __sub__(self, other: Money) -> Money:
        self._same_currency(other)
        return Money(minor=self.minor - other.minor, currency=self.currency)

    def __lt__(self, other: Money) -> bool:
        self._same_currency(other)
        return self.minor < other.minor

    def __le__(self, other: Money) -> bool:
        self._same_currency(other)
        return self.minor <= other.minor

    def __bool__(self) -> bool:
        return self.minor != 0

    def _same_currency(self, other: Money) -> None:
        if self.currency != other.currency:
            raise ValueError(f"{self} and {other} are in two currencies and cannot be compared or added")


def round_to_minor(exact: Decimal, currency: str, rounding: Rounding = Rounding.HALF_UP) -> Money:
    """Round an exact amount in major units to money. Nothing else in Tapwatt rounds money."""
    step = Decimal(1).scaleb(-exponent(currency))
    return Money.of(exact.quantize(step, rounding=_DECIMAL_MODE[rounding]), currency)


def _not_negative(money: Money) -> Money:
    if money.minor < 0:
        raise ValueError(f"{money} is less than nothing")
    return money


def _positive(money: Money) -> Money:
    if money.minor <= 0:
        raise ValueError(f"{money} is not more than nothing")
    return money


@dataclass(frozen=True, slots=True)
class _AtLeast:
    """Lets the schema say the least amount."""

    minor: int

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Money of at least so much."""
        return {"allOf": [handler(core), {"properties": {"minor": {"minimum": self.minor}}}]}


NotNegative = Annotated[Money, AfterValidator(_not_negative), _AtLeast(0)]
Positive = Annotated[Money, AfterValidator(_positive), _AtLeast(1)]
