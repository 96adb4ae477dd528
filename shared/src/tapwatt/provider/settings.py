"""What may be set of the gateway to the payment provider, by environment (TAPWATT_PROVIDER_*) or a .env file."""

from __future__ import annotations

import re
from typing import Any, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from tapwatt.errors import BadSettings
from tapwatt.provider.fingerprints import parse_keys

PREFIX = "TAPWATT_PROVIDER_"


class ProviderSettings(BaseSettings):
    """Where the provider is, who we are to it, and how long we wait for it (seconds)."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=".env", extra="ignore", hide_input_in_errors=True, populate_by_name=True
    )

    base_url: str = Field(description="where the payment API is, such as https://api.psp.sandbox.ccv.eu/api/v1")
    api_key: SecretStr = Field(description="l_... for live money, t_... for tests")
    fingerprint_keys: SecretStr = Field(
        validation_alias="TAPWATT_FINGERPRINT_KEYS", description="1:hex,2:hex; the highest version is current"
    )
    test_tokens: bool = Field(False, description="with a t_ key: a card token may be a card number reversed")
    user_agent: str = Field(
        "Tapwatt/0.1",
        min_length=1,
        max_length=200,
        pattern=r"^[\x20-\x7e]+$",
        description="who we say we are; the provider insists on a User-Agent",
    )
    webhook_url: str | None = Field(
        None,
        description="where the provider may hint that something changed: the webhook port of the service, by "
        "/webhooks/provider. What goes back of a capture is hinted at where the authoriser said: have your ingress "
        "copy what comes there to the capturer, too",
    )
    return_url: str | None = Field(None, description="sent where the provider insists on one; terminals ignore it")
    cancel_origins: str = Field(
        "",
        description="where else than at base_url a payment may be cancelled (https://host, commas); our key stays here",
    )

    operating_environment: str = Field(
        "UNATTENDED", description="what the provider is told of where its terminals stand"
    )
    access_protocol: str = Field("OPI_NL", description="the protocol by which the provider reaches a terminal")
    wake_up_type: str = Field("CLOUD_CONNECT", description="how the provider wakes a terminal")
    management_system_id: str = Field("", description="the terminal management system's name at the provider")
    merchant_language: str = Field("ENG", description="the merchant's language as the provider is told it")
    partial_approval: bool = Field(True, description="whether an issuer may approve less than was asked")
    release_rest: bool = Field(False, description="after a partial capture, ask for the rest to be let go")

    connect_s: float = Field(3.0, gt=0, description="to have a connection; nothing has been sent before that")
    send_s: float = Field(5.0, gt=0, description="to send a request")
    answer_s: float = Field(30.0, gt=0, description="to hear the whole answer once the request is sent")
    connections: int = Field(100, ge=1, le=10_000, description="open at once")
    largest_answer: int = Field(1_000_000, ge=1_000, description="bytes")

    poll_first_s: float = Field(1.0, gt=0, description="after this a pending transaction is first asked about")
    poll_growth: float = Field(1.5, ge=1, le=10, description="how each wait grows")
    poll_longest_s: float = Field(10.0, gt=0, description="the longest wait between two questions")
    poll_least_s: float = Field(0.2, ge=0, description="the shortest, however many hints come")

    idempotency_window_s: float = Field(
        86_400.0,
        ge=0,
        description="how long the provider remembers an idempotency reference; 0 for one that heeds none: it is asked "
        "what was done before anything is sent",
    )
    idempotency_margin_s: float = Field(3_600.0, ge=0, description="so much earlier we no longer count on it")
    longest_life_s: float = Field(360.0, gt=0, description="how long a terminal transaction can take at most")
    look_every_s: float = Field(
        15.0,
        gt=0,
        description="after so long without another call it is asked whether it is there and takes our key",
    )
    tries: int = Field(4, ge=1, le=20, description="sends of one request before its outcome is left unknown")
    try_pause_s: float = Field(1.0, ge=0, description="before asking what became of a request")

    @property
    def live(self) -> bool:
        """Whether real money moves."""
        return self.api_key.get_secret_value().startswith("l_")

    def keys(self) -> dict[int, bytes]:
        """The fingerprint keys by version."""
        return parse_keys(self.fingerprint_keys.get_secret_value())

    @field_validator("base_url")
    @classmethod
    def _is_an_address(cls, url: str) -> str:
        parts = urlsplit(url)
        more = parts.username or parts.password or parts.query or parts.fragment
        if parts.scheme not in ("http", "https") or not parts.hostname or more:
            raise ValueError("write an address such as https://api.psp.sandbox.ccv.eu/api/v1, without a user or query")
        return url.rstrip("/")

    @field_validator("cancel_origins")
    @classmethod
    def _are_origins(cls, origins: str) -> str:
        for one in filter(None, (part.strip() for part in origins.split(","))):
            if not re.fullmatch(r"https?://[A-Za-z0-9.\-]+(?::[0-9]{1,5})?", one):
                raise ValueError("write origins such as https://pay.example.com, separated by commas")
        return origins

    @field_validator("api_key")
    @classmethod
    def _is_a_key(cls, key: SecretStr) -> SecretStr:
        text = key.get_secret_value()
        if not re.fullmatch(r"[lt]_[\x21-\x39\x3b-\x7e]+", text):
            raise ValueError("a key of the provider begins with l_ (live) or t_ (test)")
        return key

    @field_validator("fingerprint_keys")
    @classmethod
    def _are_keys(cls, keys: SecretStr) -> SecretStr:
        parse_keys(keys.get_secret_value())
        return keys

    @model_validator(mode="after")
    def _live_is_private(self) -> Self:
        if self.live and not self.base_url.startswith("https://"):
            raise ValueError("a live key is sent over https only; correct TAPWATT_PROVIDER_BASE_URL")
        if self.live and self.test_tokens:
            raise ValueError("TAPWATT_PROVIDER_TEST_TOKENS is for test keys; a live token is never a card number")
        return self


def provider_settings(**given: Any) -> ProviderSettings:
    """The settings from the environment, `given` before it. BadSettings, in one sentence, if they cannot be used."""
    try:
        return ProviderSettings(**given)
    except ValidationError as error:
        sentence = _sentence(error)
    except SettingsError as error:
        sentence = f"the provider's settings cannot be read: {error}"
    raise BadSettings(sentence)


def _sentence(error: ValidationError) -> str:
    """The first thing that is wrong, by the name it is set by. Never the value: it may be a key."""
    first = error.errors(include_input=False, include_context=False, include_url=False)[0]
    name = str(first["loc"][0]) if first["loc"] else ""
    variable = name if name.startswith("TAPWATT_") or not name else PREFIX + name.upper()
    if name == "fingerprint_keys":
        variable = "TAPWATT_FINGERPRINT_KEYS"
    if first["type"] == "missing":
        return f"{variable} is not set: set it in the environment or in .env"
    what = first["msg"].removeprefix("Value error, ")
    return f"{variable} cannot be used: {what}" if variable else what
