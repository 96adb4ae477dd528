"""What may be set of the exporter, by environment (TAPWATT_EXPORTER_*) or a .env file."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_settings import BaseSettings, SettingsConfigDict


def _endpoints(text: str) -> str:
    for endpoint in endpoints_of(text):
        host, _, port = endpoint.rpartition(":")
        if not host or not port.isdecimal() or not 0 < int(port) < 65536:
            raise ValueError("an endpoint is written as host:port, and several are separated by commas")
    return text


def _expiries(text: str) -> str:
    expiries_of(text)
    return text


def endpoints_of(text: str) -> list[str]:
    """The endpoints (host:port) of a list that is separated by commas."""
    return list(dict.fromkeys(one.strip() for one in text.split(",") if one.strip()))


def expiries_of(text: str) -> dict[str, datetime]:
    """When each key runs out, from a list of name=date. ValueError in one sentence where it cannot be read."""
    found = {}
    for one in filter(None, map(str.strip, text.split(","))):
        name, _, day = (part.strip() for part in one.partition("="))
        try:
            moment = datetime.fromisoformat(day)
        except ValueError:
            moment = None
        if not name or moment is None:
            raise ValueError("a key's expiry is written as name=2027-03-31, and several are separated by commas")
        found[name] = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return found


class ExporterSettings(BaseSettings):
    """How the exporter works. The defaults suit production."""

    model_config = SettingsConfigDict(env_prefix="TAPWATT_EXPORTER_", env_file=".env", extra="ignore")

    host: str = Field("127.0.0.1", description="where /livez, /readyz and /metrics listen")
    port: int = Field(0, ge=0, le=65535, description="their port; 0 takes a free one and logs it")
    days: float = Field(
        45.0, gt=0, le=3650, description="how far back sessions are read at start; what is older is not told"
    )
    most_operators: int = Field(50, ge=1, description="operators that are told apart; the others are told as `other`")
    most_sites: int = Field(1000, ge=1, description="sites that are told apart; the others are told as `other`")
    settlement_files: str = Field(
        "", description="the folder where settlement files come to (*.csv); empty: nothing is reconciled"
    )
    settlement_layout: str = Field(
        "", description="the TOML file that says how they are written (docs/reconciliation.md); empty: the usual way"
    )
    settlement_merchants: str = Field(
        "",
        description="our merchants, separated by commas, where files have other merchants' lines; empty: all are ours",
    )
    settlement_due_within_h: float = Field(
        48.0, gt=0, le=8760, description="by when a capture has to be in a settlement file, in hours"
    )
    reconcile_days: float = Field(14.0, gt=0, le=365, description="how far back facts are compared with the files")
    reconcile_every_s: float = Field(3600.0, ge=1, le=604_800, description="how often they are compared")
    endpoints: Annotated[str, AfterValidator(_endpoints)] = Field(
        "", description="host:port of each TLS endpoint whose certificate's expiry is told, separated by commas"
    )
    key_expiries: Annotated[str, AfterValidator(_expiries)] = Field(
        "", description="when keys and passwords run out, e.g. provider-api-key=2027-03-31, separated by commas"
    )
