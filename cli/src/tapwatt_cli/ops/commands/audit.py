"""`tapwatt audit`: what was said on Kafka against what the provider's ledger did."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Annotated

import typer

from tapwatt.clock import SystemClock
from tapwatt.facts.topics import Topics
from tapwatt_cli.console import page
from tapwatt_cli.ops.audit import Report, with_unreadable
from tapwatt_cli.ops.audit import audit as compare
from tapwatt_cli.ops.audit_page import as_json, show_audit
from tapwatt_cli.ops.ledger_page import read_ledger
from tapwatt_cli.ops.ledger_source import fetch_ledger
from tapwatt_cli.ops.topic_log import read_topics
from tapwatt_cli.options import BOOTSTRAP, AsDocument, Bootstrap, TopicPrefix
from tapwatt_cli.running import run


def audit(
    ledger_url: Annotated[
        str,
        typer.Option(
            help="Whose ledger: the simulated provider's, such as http://127.0.0.1:8090. A real provider shows none."
        ),
    ],
    within_min: Annotated[
        float, typer.Option(min=0, max=1440, help="What was said less than so many minutes ago may yet be answered.")
    ] = 15,
    bootstrap: Bootstrap = BOOTSTRAP,
    topic_prefix: TopicPrefix = "",
    as_document: AsDocument = False,
) -> None:
    """Compare everything said on Kafka with the provider's ledger: every session, every hold, every cent.

    A session that charges under a hold that stands, or that was spoken of within --within-min minutes, is under way: it
    is counted, and no difference yet. --within-min 0 is for a ring that is at rest.

    Exit code 1 when something is lost, there twice or wrong; each difference is named.
    """
    report = run(_audit(ledger_url, bootstrap, topic_prefix, timedelta(minutes=within_min)))
    if as_document:
        typer.echo(json.dumps(as_json(report), indent=2))
    else:
        show_audit(page(), report)
    if not report.clean:
        raise typer.Exit(1)


async def _audit(ledger_url: str, bootstrap: str, prefix: str, within: timedelta) -> Report:
    log = await read_topics(bootstrap, Topics(prefix))
    ledger = read_ledger(await fetch_ledger(ledger_url))
    return with_unreadable(compare(log.events, ledger, SystemClock().now(), within), log.unreadable)
