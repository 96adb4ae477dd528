"""What an operator may set about pricing. Every setting is an environment variable TAPWATT_TARIFF_<NAME>."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from tapwatt.money import Currency, Rounding, RoundingPolicy


class TariffSettings(BaseSettings):
    """How the final amount is rounded and how long a session is remembered."""

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

    @property
    def rounding_policy(self) -> RoundingPolicy:
        """How final amounts are rounded, by currency."""
        return RoundingPolicy(self.rounding, self.rounding_by_currency)
