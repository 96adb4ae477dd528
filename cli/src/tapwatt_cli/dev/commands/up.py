"""`tapwatt up`: a ring that is there until Ctrl-C, for a fleet that is being built or tried against it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from tapwatt_cli.dev.keeping import keep_up
from tapwatt_cli.dev.ring import Ring
from tapwatt_cli.dev.ring_settings import EXPORTER, SERVICES, RingSettings, callers_environment, new_fingerprint_keys
from tapwatt_cli.dev.run_folders import RunFolder
from tapwatt_cli.running import hold


def up(
    as_line: Annotated[
        bool, typer.Option("--json", help="Once everything is ready, one line of JSON on standard output, and no more.")
    ] = False,
    folder: Annotated[
        Path | None, typer.Option(help="Where logs and files stand: empty, or not there yet. It is kept.")
    ] = None,
    keep: Annotated[bool, typer.Option(help="Keep the folder with logs, Kafka's and Redis' files.")] = False,
    provider_port: Annotated[
        int, typer.Option(min=0, max=65535, help="Where the simulated provider listens; 0 takes a free port.")
    ] = 0,
    topic_prefix: Annotated[
        str, typer.Option(envvar="TAPWATT_TOPIC_PREFIX", help="Put in front of every topic, e.g. 'mine.'.")
    ] = "",
) -> None:
    """Hold a ring until Ctrl-C: a Kafka, a Redis, the simulated provider and the four services; say where they are.

    Your fleet speaks to it as it will to the real one; docs/fleet.md leads from nothing to a captured session.
    Cards are presented by the simulator's admin API (simulator/README.md).

    **Settings.** The services take every TAPWATT_ variable of docs/settings.md from the shell, for example
    `TAPWATT_AUTHORISER_PRESENTATION_S=60 tapwatt up` for a driver with a minute to present a card. What you do not set
    is as in the demo, where nobody waits long, but for taps: one within 10 s of the start does not stop a session, as
    in production (TAPWATT_TOKEN_MATCHER_DEBOUNCE_S). TAPWATT_KAFKA_PORT and TAPWATT_REDIS_PORT choose those ports,
    TAPWATT_SIM_* is for the simulator.

    **For scripts.** `tapwatt up --json` prints one line with bootstrap, redis_url, provider_url, provider_api_key,
    topic_prefix, folder, services (name to address, with /readyz, /livez and /metrics there), webhooks (name to where
    the provider hints) and exporter (an address with the same paths) once all are ready. What happens meanwhile is said
    on standard error.

    A part that ends by itself is said aloud and started again. Ctrl-C or SIGTERM stops everything, with exit code 0;
    exit code 4 means that something did not start, in one sentence.
    """
    with RunFolder("up", keep=keep, chosen=folder) as files:
        settings = RingSettings(
            folder=files.path,
            provider_port=provider_port,
            topic_prefix=topic_prefix,
            environment=callers_environment(),
            fingerprint_keys=os.environ.get("TAPWATT_FINGERPRINT_KEYS") or new_fingerprint_keys(),
        )
        hold(_hold(settings, as_line))


async def _hold(settings: RingSettings, as_line: bool) -> None:
    screen = Console(stderr=True)

    def tell(what: str) -> None:
        screen.print(f"tapwatt: {what}", highlight=False, markup=False, soft_wrap=True)

    async with Ring(settings, tell) as ring:
        print(json.dumps(document(ring)) if as_line else page(ring), flush=True)
        await keep_up(ring.parts, tell)


def document(ring: Ring) -> dict[str, Any]:
    """Where everything is, for scripts."""
    return {
        "bootstrap": ring.bootstrap,
        "redis_url": ring.redis_url,
        "provider_url": ring.provider_url,
        "provider_api_key": ring.settings.provider_key,
        "topic_prefix": ring.topics.prefix,
        "folder": str(ring.settings.folder),
        "services": {service: ring.service_url(service) for service in SERVICES},
        "webhooks": dict(ring.webhooks),
        "exporter": ring.service_url(EXPORTER),
    }


def page(ring: Ring) -> str:
    """Where everything is and what to try next, for people."""
    prefix = f" --topic-prefix {ring.topics.prefix}" if ring.topics.prefix else ""
    there = f"--bootstrap {ring.bootstrap}{prefix}"
    services = "\n".join(f"  {service:<14} {ring.service_url(service)}/readyz" for service in SERVICES)
    return f"""
The ring is up. Ctrl-C stops it.

  Kafka          {ring.bootstrap}
  Redis          {ring.redis_url}
  provider       {ring.provider_url} (simulated; API key {ring.settings.provider_key})
{services}
  {EXPORTER:<14} {ring.metrics_url(EXPORTER)} (holds, money, lag: docs/metrics.md)
  topics         {ring.topics.prefix}tapwatt.*
  logs           {ring.logs}

Try next, in another terminal:

  a whole session by a client of yours: docs/fleet.md, with one in Python, Node and Java
  tapwatt replay CDRS.json {there} --provider-url {ring.provider_url}
      sends your own charging records through it
  tapwatt audit {there} --ledger-url {ring.provider_url}
      compares what was said with what the provider did, to the cent
  tapwatt dlq list {there}
      shows what could not be read, and why
  curl {ring.provider_url}/admin/ledger
      shows the provider's books

A driver has {ring.settings.environment["TAPWATT_AUTHORISER_PRESENTATION_S"]} s to present a card; \
TAPWATT_AUTHORISER_PRESENTATION_S=60 tapwatt up gives a minute. 'tapwatt up --help' says what else can be set.
"""
