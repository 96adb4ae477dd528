"""What stands on a bill: its lines, its taxes by rate, and what the card terminal wants printed."""

from __future__ import annotations

from datetime import time
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, StrictBool, field_validator

from tapwatt.exact import WHOLE, Exact
from tapwatt.facts.fields import FactPart, Moment, Text
from tapwatt.money import Money
from tapwatt.tariffs import Dimension, Restrictions

Figure = Annotated[Decimal, Field(allow_inf_nan=False), Exact()]
"""A quantity, a unit price or a rate on a bill, as long as it came out."""


class WhenItHolds(Restrictions):
    """When the price of a line holds. A restriction of a later version is let be: it is said, not priced by."""

    model_config = ConfigDict(extra="ignore", json_schema_extra=None)

    @field_validator("start_time", "end_time")
    @classmethod
    def _is_local(cls, at: time | None) -> time | None:
        # A tariff's is refused with the tariff (tapwatt.tariffs.contradiction), and here there is none.
        if at is not None and at.tzinfo is not None:
            raise ValueError("a time of day has no offset: it is what the charger's clock shows")
        return at


class LineTerms(FactPart):
    """Why a line stands on the bill, for whoever says it in a driver's language.

    `prices_include_vat` is about the unit price. `added` is what the billing increment `step_size` added (Wh or s),
    `grace_s` what was not charged of parked time. `limit` says which price an adjustment keeps; `settled` that a person
    decided the amount, `tax_unknown` that the price is before taxes which the tariff does not say: none is in the line.
    """

    prices_include_vat: StrictBool | None = None
    holds: WhenItHolds | None = None
    step_size: Annotated[int, WHOLE] | None = None
    added: Figure | None = None
    grace_s: Figure | None = None
    limit: Literal["lowest", "highest", "both"] | None = None
    settled: StrictBool = False
    tax_unknown: StrictBool = False


class PriceLine(FactPart):
    """One line of the bill: quantity in kWh, h or sessions; unit price in major units; amounts in minor units.

    `why` is in English, for the operator; a bill of the first days has no `terms`.
    """

    dimension: Dimension | Literal["ADJUSTMENT"]
    quantity: Figure
    unit: Literal["kWh", "h", "session"]
    unit_price: Figure
    vat_percent: Figure | None = None
    excl_vat: Money
    incl_vat: Money
    element: Annotated[int, WHOLE] | None = None
    starts_at: Moment | None = None
    ends_at: Moment | None = None
    why: Text = ""
    terms: LineTerms | None = None


class VatShare(FactPart):
    """What is taxed at one rate: `percent` is None where no VAT applies. excl_vat + vat = incl_vat, in minor units."""

    percent: Figure | None = None
    excl_vat: Money
    vat: Money
    incl_vat: Money


class CardSlip(FactPart):
    """What the schemes want on a cardholder's receipt, as the terminal gave it; never a whole card number."""

    brand: Annotated[str, Field(max_length=64)] | None = None
    masked_pan: Annotated[str, Field(max_length=32, pattern=r"^[0-9]{0,6}[*xX.•-]+[0-9]{0,4}$")] | None = None
    entry_mode: Annotated[str, Field(max_length=64)] | None = None
    acquirer: Annotated[str, Field(max_length=64)] | None = None
    response_code: Annotated[str, Field(max_length=64)] | None = None
    lines: Annotated[tuple[Annotated[str, Field(max_length=80)], ...], Field(max_length=60)] = ()
