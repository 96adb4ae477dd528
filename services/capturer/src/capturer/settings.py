"""What an operator may set about capturing. Every setting is an environment variable TAPWATT_CAPTURER_<NAME>."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Annotated

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from tapwatt.money import Money, Rounding, round_to_minor


class CapturerSettings(BaseSettings):
    """What the provider takes at least, how long a settled session is remembered, and when it is looked at again."""

    model_config = SettingsConfigDict(env_prefix="TAPWATT_CAPTURER_", env_file=".env", extra="ignore", frozen=True)

    minimum_capture: dict[str, Decimal] = Field(
        {},
        description="major units by currency: less is not taken but waived. A currency not named has no minimum",
    )
    look_every_s: float = Field(
        10, gt=0, le=3600, description="how often to look for settled sessions that are due to be looked at again"
    )
    look_again_after_h: tuple[Annotated[float, Field(gt=0, le=9600)], ...] = Field(
        (1, 24, 72, 168, 336, 672, 1008),
        min_length=1,
        max_length=50,
        description="how long after its capture a session is looked at for what went back since, each time later, in "
        "hours; what is later than it is remembered is not looked at. A hint of the provider has it looked at at once",
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

    @field_validator("look_again_after_h")
    @classmethod
    def _each_later(cls, hours: tuple[float, ...]) -> tuple[float, ...]:
        if any(later <= earlier for earlier, later in pairwise(hours)):
            raise ValueError("each time must be later than the one before it")
        return hours

    @property
    def looks(self) -> tuple[timedelta, ...]:
        """How long after its capture a session is looked at again."""
        return tuple(timedelta(hours=hours) for hours in self.look_again_after_h)

    def minimum(self, currency: str) -> Money:
        """The least that is taken, in this currency."""
        return round_to_minor(self.minimum_capture.get(currency, Decimal(0)), currency, Rounding.UP)
