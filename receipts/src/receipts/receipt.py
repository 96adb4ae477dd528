"""What a receipt says, whoever shows it: amounts in minor units, times in UTC and on the clock where the car stood."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from tapwatt.facts.bill import CardSlip, LineTerms, VatShare
from tapwatt.facts.fields import FactPart, Moment, Name, TimeZone
from tapwatt.facts.signed_data import SignedData
from tapwatt.money import Money, NotNegative, Positive
from tapwatt.tariffs import Dimension

Line = Annotated[str, Field(min_length=1, max_length=100)]


class Contact(BaseModel):
    """Whom to ask about an invoice. The phone has three digits at least (BR-DE-27), the address an @ (BR-DE-28)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Line
    phone: Annotated[str, Field(max_length=40, pattern="[0-9][^0-9]*[0-9][^0-9]*[0-9]")] | None = None
    email: Annotated[str, Field(max_length=254, pattern=r"^[^@\s]+@([^@.\s]+\.)+[^@.\s]+$")] | None = None


class ElectronicAddress(BaseModel):
    """Where documents are sent to: the code of its scheme (EAS), as 0088 for a GLN or EM for mail, and the address."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    scheme: Annotated[str, Field(pattern="^([0-9]{4}|EM|AN|AQ|AS|AU)$")]
    address: Line


class Merchant(BaseModel):
    """Who sold the energy, as it stands on top of a receipt. Without a VAT number nothing is said of one.

    An invoice says the buyer in the same words, and needs the country of both (ISO 3166-1 alpha-2). Where there is a
    `city`, `address` is the street alone, else its last line is the place. `reference` is the buyer's own (BT-10), in
    Germany the Leitweg-ID.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Line
    address: Annotated[tuple[Line, ...], Field(max_length=6)] = ()
    postcode: Annotated[str, Field(min_length=1, max_length=16)] | None = None
    city: Line | None = None
    vat_number: Annotated[str, Field(min_length=1, max_length=32)] | None = None
    country: Annotated[str, Field(pattern="^[A-Z]{2}$")] | None = None
    contact: Contact | None = None
    electronic_address: ElectronicAddress | None = None
    reference: Line | None = None

    @property
    def written(self) -> tuple[str, ...]:
        """The address as it stands on paper."""
        place = " ".join(one for one in (self.postcode, self.city) if one)
        return (*self.address, place) if place else self.address


class LocalMoment(FactPart):
    """A moment, and what the clock showed then in the time zone of the charging location."""

    utc: Moment
    local: AwareDatetime
    time_zone: TimeZone

    @classmethod
    def at(cls, moment: datetime, time_zone: str) -> LocalMoment:
        """This moment in that time zone."""
        return cls(utc=moment, local=moment.astimezone(ZoneInfo(time_zone)), time_zone=time_zone)


class ReceiptLine(FactPart):
    """One line: quantity in kWh, h or sessions, unit price in major units as in the tariff, amounts in minor units.

    `price_is` says whether VAT is in the unit price; None where there is none, or where it cannot be told. `why` is in
    English, for the operator; `terms` is what a driver is told, in any language.
    """

    what: Dimension | Literal["ADJUSTMENT"]
    quantity: Decimal
    unit: Literal["kWh", "h", "session"]
    unit_price: Decimal
    price_is: Literal["with_vat", "without_vat"] | None = None
    vat_percent: Decimal | None = None
    excl_vat: Money
    incl_vat: Money
    why: str = ""
    terms: LineTerms | None = None


class Receipt(FactPart):
    """What a driver is told of the money of one session. held = taken + released.

    owed + taken_too_much = taken + not_charged: a person may have taken too much at the provider's portal.
    """

    session_id: Name
    merchant: Merchant | None = None
    operator_id: Name
    site_id: Name
    evse_id: Name
    started_at: LocalMoment | None = None
    ended_at: LocalMoment | None = None
    energy_kwh: Annotated[Decimal, Field(ge=0)]
    lines: tuple[ReceiptLine, ...]
    vat: tuple[VatShare, ...]
    owed: NotNegative
    held: Positive
    taken: NotNegative
    released: NotNegative
    not_charged: NotNegative
    taken_too_much: Positive | None = None
    card: CardSlip | None = None
    capture_reference: str | None = None
    tariff_id: str
    tariff_version: Name | None = None
    issued_at: LocalMoment | None = None
    signed_data: SignedData | None = None

    @property
    def tax_unknown(self) -> bool:
        """Whether it has prices before taxes of which the tariff does not say which."""
        return any(line.terms is not None and line.terms.tax_unknown for line in self.lines)
