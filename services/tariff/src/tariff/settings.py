"""What an operator may set about pricing. Every setting is an environment variable TAPWATT_TARIFF_<NAME>."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from pydantic_settings import BaseSettings, SettingsConfigDict

from tapwatt.facts.fields import Place
from tapwatt.money import Currency, Rounding, RoundingPolicy
from tariff.plausibility import Limits

Policy = Literal["release", "person"]
Somewhere = Annotated[str, StringConstraints(pattern=r"^[^/]+(/[^/]+)?$", max_length=129)]
"""An operator, or operator/site."""


class PlaceSettings(BaseModel):
    """What is otherwise at one operator or site; what is not given is as everywhere."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    started_before_hold_s: float | None = Field(None, ge=0, le=10**10)
    started_after_hold_s: float | None = Field(None, ge=0, le=10**10)
    ended_ahead_s: float | None = Field(None, ge=0, le=10**10)
    ended_after_expiry_s: float | None = Field(None, ge=0, le=10**10)
    most_power_w: int | None = Field(None, gt=0, le=10**9)
    stale_after_s: float | None = Field(None, gt=0, le=400 * 86400)
    stale_policy: Policy | None = None
    settle_before_expiry_s: float | None = Field(None, ge=0, le=31 * 86400)


@dataclass(frozen=True, slots=True)
class PlaceRules:
    """What is set at one place: what is believed there, and what becomes of a session that nobody ends."""

    limits: Limits
    stale_after: timedelta
    stale_policy: Policy
    settle_before_expiry: timedelta


class TariffSettings(BaseSettings):
    """How the final amount is rounded, what is believed of a session, and how long one is remembered."""

    model_config = SettingsConfigDict(env_prefix="TAPWATT_TARIFF_", env_file=".env", extra="ignore", frozen=True)

    rounding: Rounding = Field(
        Rounding.HALF_UP,
        description="how an exact amount becomes whole minor units; half up is what receipts in the euro area use",
    )
    rounding_by_currency: dict[Currency, Rounding] = Field(
        {},
        description='currencies that are rounded otherwise, as {"JPY": "down"}: law and contract decide, OCPI does not',
    )
    remember_days: float = Field(
        45,
        gt=0,
        le=400,
        description="how long a session is remembered: longer than its hold can stand, so that both halves meet",
    )
    started_before_hold_s: float = Field(
        7200,
        ge=0,
        le=10**10,
        description="how long before its hold was authorised a session may say that it started; one that says more is "
        "disputed, since its charger's clock was off",
    )
    started_after_hold_s: float = Field(
        12 * 3600,
        ge=0,
        le=10**10,
        description="how long after its hold was authorised a session may say that it started",
    )
    ended_ahead_s: float = Field(
        3600,
        ge=0,
        le=10**10,
        description="how long after we heard of its end a session may say that it ended",
    )
    ended_after_expiry_s: float = Field(
        14 * 86400,
        ge=0,
        le=10**10,
        description="how long after its hold ran out a session may say that it ended",
    )
    most_power_w: int = Field(
        1_000_000,
        gt=0,
        le=10**9,
        description="how much power a charger can give, in W; a session with more energy than that gives in its time "
        "is disputed",
    )
    stale_after_s: float = Field(
        46 * 3600,
        gt=0,
        le=400 * 86400,
        description="how long after its hold was authorised and after its last reading a session of which nobody says "
        "how it ended is stale; less than a hold stands, so that it can still be let go",
    )
    stale_policy: Policy = Field(
        "release",
        description="what becomes of the hold of a stale session: `release` bills it by its last reading and lets it "
        "go where there is none, `person` leaves it to `tapwatt session settle`",
    )
    settle_before_expiry_s: float = Field(
        2 * 3600,
        ge=0,
        le=31 * 86400,
        description="how long before its hold runs out a session that nobody has ended is billed by its last reading; "
        "enough for a capture that the provider refuses for a while, and less than the warning (HoldExpiring) is ahead",
    )
    look_every_s: float = Field(
        10,
        gt=0,
        le=3600,
        description="how often it is looked for sessions that nobody ends",
    )
    by_place: dict[Somewhere, PlaceSettings] = Field(
        {},
        description='what is otherwise at an operator or a site, as {"acme": {"stale_policy": "person"}, '
        '"acme/depot-1": {"most_power_w": 50000}}: any setting from started_before_hold_s to settle_before_expiry_s',
    )

    @property
    def rounding_policy(self) -> RoundingPolicy:
        """How final amounts are rounded, by currency."""
        return RoundingPolicy(self.rounding, self.rounding_by_currency)

    def at(self, place: Place) -> PlaceRules:
        """What is set at this place: at its site, else at its operator, else everywhere."""
        names = (place.operator_id, f"{place.operator_id}/{place.site_id}")
        found = {name: getattr(self, name) for name in PlaceSettings.model_fields}
        for settings in (self.by_place[name] for name in names if name in self.by_place):
            found.update(settings.model_dump(exclude_none=True))
        return PlaceRules(
            limits=Limits(
                started_before_hold=timedelta(seconds=found["started_before_hold_s"]),
                started_after_hold=timedelta(seconds=found["started_after_hold_s"]),
                ended_ahead_of_us=timedelta(seconds=found["ended_ahead_s"]),
                ended_after_expiry=timedelta(seconds=found["ended_after_expiry_s"]),
                most_power_w=found["most_power_w"],
            ),
            stale_after=timedelta(seconds=found["stale_after_s"]),
            stale_policy=found["stale_policy"],
            settle_before_expiry=timedelta(seconds=found["settle_before_expiry_s"]),
        )
