"""How the simulated provider behaves: what it accepts, how long it waits and remembers, and its first faults."""

from decimal import Decimal
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from simulator.provider.faults import Fault

TokenMode = Literal["hashed", "reversed_pan"]
NumberStyle = Literal["mixed", "plain", "fixed"]


class Settings(BaseModel):
    """Every choice the public pages leave open is one of these; times are in seconds, money is in major units."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str = "127.0.0.1"
    port: int = Field(default=8090, ge=0, le=65535)
    ledger: str = "simulator.sqlite"
    api_key: str = "t_demo"
    card_seed: str = "tapwatt"
    """Card numbers, tokens and PARs are a keyed hash of the card's name under this."""
    fault_seed: str = "tapwatt"
    """Faults with a probability strike by a keyed hash under this: the same run, the same faults."""
    token_mode: TokenMode = "hashed"
    """`reversed_pan` is what the real provider's TEST mode does."""
    pending_s: float = Field(default=60.0, gt=0)
    """How long a terminal waits for a card (up to 6 minutes at the real provider)."""
    hold_s: float = Field(default=432_000.0, gt=0)
    """How long a hold stands: 5 days, Visa's card-present window."""
    idempotency_window_s: float = Field(default=86_400.0, ge=0)
    auto_release: bool = True
    """Whether the provider itself lets go of the rest after a partial capture."""
    capture_repeats_card: bool = True
    """Whether a capture repeats its authorisation's card details; the public pages do not say that it does."""
    terminals: frozenset[str] | None = None
    """The terminals set up for this merchant, every other is refused as `invalid_config`; all when not given."""
    minimum_capture: Decimal = Field(default=Decimal(0), ge=0)
    """Captures below this many major units are refused."""
    contactless_limit: Decimal = Field(default=Decimal(50), ge=0, decimal_places=2)
    contactless_currency: Literal["eur"] = "eur"
    """The limit above which a tapped plastic card needs its PIN is in this currency; other currencies have none."""
    pin_response_code: str = "1A"
    currencies: frozenset[str] | None = None
    """Lower-case codes this merchant may use; every ISO 4217 currency of 0, 2 or 3 decimals when not given."""
    number_style: NumberStyle = "mixed"
    """Whether 20 euros are written 20.00 (`fixed`), 20 (`plain`), or 20, 20.0 and 20.00 by turns (`mixed`)."""
    webhooks: bool = True
    webhook_tries: int = Field(default=3, ge=1, le=10)
    webhook_retry_s: float = Field(default=1.0, ge=0)
    rate_limit: int = Field(default=0, ge=0)
    """Requests a second above which it answers 429; 0 is no limit."""
    faults: tuple[Fault, ...] = ()

    @field_validator("api_key")
    @classmethod
    def _looks_like_a_key(cls, key: str) -> str:
        if not key.startswith(("l_", "t_")):
            raise ValueError("an API key begins with l_ (live) or t_ (test)")
        return key
