"""What an operator may set about capturing. Every setting is an environment variable TAPWATT_CAPTURER_<NAME>."""

from __future__ import annotations

from decimal import Decimal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from tapwatt.money import Money, Rounding, round_to_minor


class CapturerSettings(BaseSettings):
    """What the provider takes at least, and how long a settled session is remembered."""

    model_config = SettingsConfigDict(env_prefix="TAPWATT_CAPTURER_", env_file=".env", extra="ignore", frozen=True)

    minimum_capture: dict[str, Decimal] = Field(
        {},
        description="major units by currency: less is not taken but waived. A currency not named has no minimum",
    )
    look_every_s: float = Field(
        10, gt=0, le=3600, description="how often to look for settled sessions that are due to be looked at again"
    )
    tries: int = Field(
        12,
        ge=1,
        le=30,
        description="how often a capture or reversal that the provider definitively refused is asked for, each time "
        "under another reference: a minute apart at first, then an hour. After that what is owed stays uncollected",
    )
    remember_days: float = Field(
        45,
        gt=0,
        le=400,
        description="how long a session is remembered, so that a price said again gets the same answer",
    )

    def minimum(self, currency: str) -> Money:
        """The least that is taken, in this currency."""
        return round_to_minor(self.minimum_capture.get(currency, Decimal(0)), currency, Rounding.UP)
