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
    remember_days: float = Field(
        45,
        gt=0,
        le=400,
        description="how long a session is remembered, so that a price said again gets the same answer",
    )

    def minimum(self, currency: str) -> Money:
        """The least that is taken, in this currency."""
        return round_to_minor(self.minimum_capture.get(currency, Decimal(0)), currency, Rounding.UP)
