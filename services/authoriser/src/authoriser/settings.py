"""What an operator may set about authorising. Every setting is an environment variable TAPWATT_AUTHORISER_<NAME>."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Annotated

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from authoriser.agreement import Terms
from authoriser.schemes import plain
from tapwatt.facts.events import Authorised
from tapwatt.money import Rounding, round_to_minor
from tapwatt.tariffs import TariffType


class AuthoriserSettings(BaseSettings):
    """How long things may take (seconds), how long a hold stands, and what is too little to charge with."""

    model_config = SettingsConfigDict(env_prefix="TAPWATT_AUTHORISER_", env_file=".env", extra="ignore", frozen=True)

    patience_s: float = Field(
        45,
        gt=0,
        le=600,
        description="how long a driver waits beyond the time for presenting a card: an answer comes within both, and "
        "a no within this alone where no card could be asked for. What is held later is let go",
    )
    presentation_s: float = Field(
        120,
        gt=0,
        le=3600,
        description="how long a driver may take to present a card, from the moment the hold was begun",
    )
    late_hold_s: float = Field(
        15,
        ge=0,
        le=600,
        description="how much later than that a hold may still come, since a card may be shown while we cancel",
    )
    clock_tolerance_s: float = Field(
        60,
        ge=0,
        le=86400,
        description="how far a fleet's clock may be off, in either direction; a request that is further off is "
        "declined, and told so",
    )
    clock_noted_s: float = Field(
        5, ge=0, le=86400, description="how far it may be off before that is noted in Authorised"
    )
    expiring_before_h: float = Field(
        6,
        gt=0,
        le=240,
        description="how long before a hold runs out its fleet is told (HoldExpiring), in hours",
    )
    expiring_before_h_by_scheme: dict[str, Annotated[float, Field(gt=0, le=240)]] = Field(
        {},
        description='the same by card scheme, such as {"visa": 24}; a scheme not named has the general time',
    )
    look_every_s: float = Field(
        5, gt=0, le=3600, description="how often to look for holds that run out or came too late to be used"
    )
    hold_window_days: float = Field(
        2,
        gt=0,
        le=31,
        description="how long a card-present hold stands where nothing else is agreed for its card scheme, or the "
        "provider does not tell the scheme: the shortest that applies",
    )
    hold_window_days_by_scheme: dict[str, Annotated[float, Field(gt=0, le=31)]] = Field(
        {},
        description='the same by card scheme, as it and the acquirer have agreed, such as {"visa": 5, "maestro": 1}. '
        "A card is of the scheme with the longest name that its brand begins with, whatever the case and the spaces: "
        '"Visa Debit" is of "visa"',
    )
    minimum_hold: dict[str, Decimal] = Field(
        {"EUR": Decimal(5), "GBP": Decimal(5), "USD": Decimal(5), "CHF": Decimal(5)},
        description="major units by currency. A card that can hold only less is declined; a currency not "
        "named has no minimum",
    )
    tariff_types: frozenset[TariffType] = Field(
        frozenset({TariffType.AD_HOC_PAYMENT}),
        description="which OCPI types a tariff may have at a card terminal, beside none; the others are for drivers "
        "with a contract, and a request under one of them is declined",
    )
    tariff_wait_s: float = Field(
        5,
        gt=0,
        le=60,
        description="how long a request waits in place for a published tariff that is on the log and not heard yet",
    )
    remember_days: float = Field(
        45,
        gt=0,
        le=400,
        description="how long a session is remembered, so that a request said again gets the same answer",
    )

    @field_validator("expiring_before_h_by_scheme", "hold_window_days_by_scheme")
    @classmethod
    def _by_plain_name(cls, by_scheme: dict[str, float]) -> dict[str, float]:
        named = {plain(scheme): value for scheme, value in by_scheme.items()}
        if "" in named or len(named) < len(by_scheme):
            raise ValueError("name each card scheme once, by its letters and digits")
        return named

    def warn_at(self, authorised: Authorised) -> datetime:
        """When its fleet is told that this hold runs out, as agreed (UTC).

        A hold of the first days does not say: it is warned of by the general time, and never before it stood.
        """
        if authorised.warn_at is not None:
            return authorised.warn_at
        hold = authorised.hold
        return max(hold.expires_at - timedelta(hours=self.expiring_before_h), hold.authorised_at)

    def terms(self, currency: str) -> Terms:
        """What the core needs of this, for one currency."""
        least = self.minimum_hold.get(currency, Decimal(0))
        return Terms(
            presentation=timedelta(seconds=self.presentation_s),
            late_hold=timedelta(seconds=self.late_hold_s),
            hold_window=timedelta(days=self.hold_window_days),
            minimum_hold=round_to_minor(least, currency, Rounding.UP),
            warn_before=timedelta(hours=self.expiring_before_h),
            hold_window_by_scheme={name: timedelta(days=one) for name, one in self.hold_window_days_by_scheme.items()},
            warn_before_by_scheme={
                name: timedelta(hours=one) for name, one in self.expiring_before_h_by_scheme.items()
            },
        )
