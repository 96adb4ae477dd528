"""`tapwatt doctor`: whether this machine has what Tapwatt needs, a line each, with what to do where it has not."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Coroutine, Iterable
from typing import Annotated, Any

import typer

from tapwatt.clock import SystemClock
from tapwatt.errors import TapwattError
from tapwatt.facts.topics import Topics
from tapwatt_cli.console import page
from tapwatt_cli.ops.findings import Finding, python_here
from tapwatt_cli.ops.findings_page import findings_as_json, show_findings
from tapwatt_cli.ops.fleet_clocks import fleet_clocks
from tapwatt_cli.ops.group_findings import group_findings
from tapwatt_cli.ops.kafka_words import away
from tapwatt_cli.ops.key_findings import key_findings
from tapwatt_cli.ops.provider_findings import provider_findings
from tapwatt_cli.ops.redis_findings import redis_findings
from tapwatt_cli.ops.service_findings import service_findings
from tapwatt_cli.ops.topic_findings import topic_findings
from tapwatt_cli.options import AsDocument, TopicPrefix
from tapwatt_cli.running import run
from tapwatt_watch.kafka.groups import NoAnswer

Examine = Callable[[], Iterable[Finding]]


def doctor_with(*examinations: Examine) -> Callable[..., None]:
    """The command: it looks at Python, and at what else is handed in."""

    def doctor(
        bootstrap: Annotated[
            str | None,
            typer.Option(
                help="Kafka's host:port: are its topics as declared, do the groups keep up, are fleets' clocks right?"
            ),
        ] = None,
        topic_prefix: TopicPrefix = "",
        service: Annotated[
            list[str] | None,
            typer.Option(
                metavar="URL", help="Where a service shows /readyz and /metrics: ready, and of one version? Repeatable."
            ),
        ] = None,
        as_document: AsDocument = False,
    ) -> None:
        """Look whether this machine has what is needed. Exit code 1 when something is missing or wrong.

        With --bootstrap also at a Kafka, with --service at what runs; with either also at the Redis and the provider
        that this environment names, as it does for a service. Nothing is changed, and what is not known is said so.
        With the developer's extra (`pip install 'tapwatt-cli[dev]'`) that is what `tapwatt demo` needs, too.
        """
        findings = [python_here(), *(finding for examine in examinations for finding in examine())]
        findings += key_findings(os.environ)
        if bootstrap is not None:
            findings += kafka_findings(bootstrap, Topics(topic_prefix))
        if bootstrap is not None or service:
            findings += run(service_findings(service or []))
            findings += run(redis_findings(os.environ, SystemClock()))
            findings += run(provider_findings(os.environ, SystemClock()))
        if as_document:
            typer.echo(json.dumps(findings_as_json(findings), indent=2))
        else:
            show_findings(page(), findings)
        if not all(finding.good for finding in findings):
            raise typer.Exit(1)

    return doctor


def kafka_findings(bootstrap: str, topics: Topics) -> list[Finding]:
    """What is found on a Kafka, and what could not be asked: one thing that cannot be told hides no other."""
    try:
        # First, because it gives up soonest where a broker takes connections and says nothing.
        of_groups = run(group_findings(bootstrap, topics))
    except NoAnswer:
        return [Finding("Kafka there", False, away(bootstrap))]
    except TapwattError as error:
        of_groups = [Finding("groups", False, str(error))]
    of_topics = _told("topics", topic_findings(bootstrap, topics.prefix))
    return [*of_topics, *of_groups, *_told("fleets' clocks", fleet_clocks(bootstrap, topics))]


def _told(what: str, look: Coroutine[Any, Any, list[Finding]]) -> list[Finding]:
    try:
        return run(look)
    except TapwattError as error:
        return [Finding(what, False, str(error))]
