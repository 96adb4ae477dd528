"""What an operator may set about matching. Every setting is an environment variable TAPWATT_TOKEN_MATCHER_<NAME>."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class TokenMatcherSettings(BaseSettings):
    """How long a driver may take to stop, and how long a session may take to be known (seconds)."""

    model_config = SettingsConfigDict(env_prefix="TAPWATT_TOKEN_MATCHER_", env_file=".env", extra="ignore", frozen=True)

    presentation_s: float = Field(
        60,
        gt=0,
        le=3600,
        description="how long a driver may take to present a card, from the moment the terminal was asked to read one",
    )
    begin_within_s: float = Field(
        60, gt=0, le=3600, description="a stop older than this reads no card: nobody stands at the terminal any more"
    )
    cancel_within_s: float = Field(
        10,
        gt=0,
        le=3600,
        description="how long to wait for a cancelled card read to end. No money moves, so nothing is lost by "
        "not knowing",
    )
    unavailable_s: float = Field(
        3,
        ge=0,
        le=60,
        description="a provider that cannot be reached for so long, before it was asked to read a card, is said to be "
        "unavailable",
    )
    ask_again_s: float = Field(
        2, gt=0, le=60, description="how often at least to ask for a card that a driver may be presenting"
    )
    answer_s: float = Field(
        3,
        gt=0,
        le=60,
        description="how long the provider may take to answer before it is asked by order reference what was read",
    )
    index_wait_s: float = Field(
        2.5,
        ge=0,
        le=60,
        description="how long to wait for a session that is not indexed yet; with the read it stays within "
        "the 5 s a driver waits",
    )
    debounce_s: float = Field(
        10,
        ge=0,
        le=600,
        description="a tap so soon after its session began does not stop it: the card is still on the reader",
    )
    taps_at_most: int = Field(
        20, ge=1, le=10_000, description="how many stops are served at one terminal within taps_within_s"
    )
    taps_within_s: float = Field(60, gt=0, le=3600, description="the time within which stops at a terminal are counted")
    look_again_s: float = Field(0.5, gt=0, le=10, description="how often to look meanwhile")

    @property
    def patience_s(self) -> float:
        """How old a stop is at the most when its driver may still be there (seconds)."""
        return self.begin_within_s + self.driver_s

    @property
    def driver_s(self) -> float:
        """The longest that a driver may be at the terminal for one stop."""
        return self.presentation_s + self.cancel_within_s
