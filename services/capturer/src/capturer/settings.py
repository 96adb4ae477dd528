"""What an operator may set about capturing. Every setting is an environment variable TAPWATT_CAPTURER_<NAME>."""

from __future__ import annotations

from decimal import Decimal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from tapwatt.money import Money, Rounding, round_to_minor


class CapturerSettings(BaseSettings):
    """What the provider takes at least, how long it remembers, and whether it lets the rest of a hold go by itself."""

    model_config = SettingsConfigDict(env_prefix="TAPWATT_CAPTURER_", env_file=".env", extra="ignore", frozen=True)

    minimum_capture: dict[str, Decimal] = Field(
        {},
        description="major units by currency: less is not taken but waived. A currency not named has no minimum",
    )
    release_rest: bool = Field(
        False, description="whether the provider wants to be asked to let go what is left of a hold after a capture"
    )
    reference_memory_h: float = Field(
        23,
        gt=0,
        le=10_000,
        description="how long the provider surely remembers an idempotency reference: an older hold is asked "
        "about before it is sent anything. CCV says nothing; 24 hours is what others promise, "
        "less an hour of margin",
    )
    longest_life_s: float = Field(
        390,
        gt=0,
        le=3600,
        description="after this an unanswered call has come to its end at the provider: 6 minutes, and half a "
        "minute more",
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
