"""`tapwatt doctor`: whether this machine has what Tapwatt needs, a line each, with what to do where it has not."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Annotated

import typer

from tapwatt.errors import TapwattError
from tapwatt.facts.topics import Topics
from tapwatt_cli.console import page
from tapwatt_cli.ops.findings import Finding, python_here
from tapwatt_cli.ops.findings_page import findings_as_json, show_findings
from tapwatt_cli.ops.fleet_clocks import fleet_clocks
from tapwatt_cli.ops.topic_findings import topic_findings
from tapwatt_cli.running import run

Examine = Callable[[], Iterable[Finding]]


def doctor_with(*examinations: Examine) -> Callable[..., None]:
    """The command: it looks at Python, and at what else is handed in."""

    def doctor(
        bootstrap: Annotated[
            str | None,
            typer.Option(help="Kafka's host:port: are its topics as declared, and the clocks of the fleets right?"),
        ] = None,
        topic_prefix: Annotated[
            str, typer.Option(envvar="TAPWATT_TOPIC_PREFIX", help="Where several rings share a Kafka.")
        ] = "",
        as_document: Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")] = False,
    ) -> None:
        """Look whether this machine has what is needed. Exit code 1 when something is missing or wrong.

        With the developer's extra (`pip install 'tapwatt-cli[dev]'`) that is what `tapwatt demo` needs, too.
        """
        findings = [python_here(), *(finding for examine in examinations for finding in examine())]
        if bootstrap is not None:
            findings += kafka_findings(bootstrap, Topics(topic_prefix))
        if as_document:
            typer.echo(json.dumps(findings_as_json(findings), indent=2))
        else:
            show_findings(page(), findings)
        if not all(finding.good for finding in findings):
            raise typer.Exit(1)

    return doctor


def kafka_findings(bootstrap: str, topics: Topics) -> list[Finding]:
    """What is found on a Kafka, or that it cannot be asked: what was found beside it is to be seen all the same."""
    try:
        return run(_asked(bootstrap, topics))
    except TapwattError as error:
        return [Finding("Kafka there", False, str(error))]


async def _asked(bootstrap: str, topics: Topics) -> list[Finding]:
    return [*await topic_findings(bootstrap, topics.prefix), *await fleet_clocks(bootstrap, topics)]
