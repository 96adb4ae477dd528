"""What a ring on this machine is made of: its own Kafka and Redis or given ones, and what its parts are told."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path

SERVICES = {
    "authoriser": "authoriser",
    "token-matcher": "token_matcher",
    "tariff": "tariff",
    "capturer": "capturer",
}
"""The four services, and the module that runs each."""

EXPORTER = "exporter"
EXPORTER_MODULE = "tapwatt_watch"
"""What tells of the whole system, beside the services, and the module that runs it."""

PROVIDER_KEY = "t_simulated_provider"
"""The key that the simulated provider accepts; it guards play money."""


FOR_SIMULATED_DRIVERS = frozenset({"TAPWATT_TOKEN_MATCHER_DEBOUNCE_S"})
"""What a fleet that is tried against the ring meets as it is by default."""


def demo_environment() -> dict[str, str]:
    """The settings of demo.env, as they are for the services of a ring with simulated drivers."""
    lines = files("tapwatt_cli.dev").joinpath("demo.env").read_text(encoding="utf-8").splitlines()
    pairs = (line.split("=", 1) for line in lines if line and not line.startswith("#"))
    return {name: value for name, value in pairs}


def callers_environment() -> dict[str, str]:
    """The same without what is for simulated drivers alone, and what this shell has set instead where it has."""
    ours = {name: value for name, value in demo_environment().items() if name not in FOR_SIMULATED_DRIVERS}
    return {name: os.environ.get(name, value) for name, value in ours.items()}


def new_fingerprint_keys() -> str:
    """A secret key of this ring's own."""
    return f"1:{secrets.token_hex(32)}"


@dataclass(frozen=True)
class RingSettings:
    """How to put a ring up. What is None is brought up by the ring itself and taken down with it."""

    folder: Path
    bootstrap: str | None = None
    redis_url: str | None = None
    provider_module: str = "simulator"
    provider_port: int = 0
    topic_prefix: str = ""
    environment: Mapping[str, str] = field(default_factory=demo_environment)
    simulator_environment: Mapping[str, str] = field(default_factory=dict)
    fingerprint_keys: str = field(default_factory=new_fingerprint_keys)

    @property
    def provider_key(self) -> str:
        """What the services show the provider: what this shell has set, else the right one."""
        return os.environ.get("TAPWATT_PROVIDER_API_KEY", PROVIDER_KEY)
