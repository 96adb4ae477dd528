"""`tapwatt holds`: the money that stands reserved on drivers' cards, by age, and what runs out."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Annotated

import typer

from tapwatt.clock import SystemClock
from tapwatt.facts.topics import Topics
from tapwatt_cli.console import page, read_so_far
from tapwatt_cli.ops.commands.moments import span
from tapwatt_cli.ops.holds_page import holds_as_json, show_holds
from tapwatt_cli.ops.open_holds import read_open_holds
from tapwatt_cli.options import BOOTSTRAP, AsDocument, Bootstrap, TopicPrefix
from tapwatt_cli.running import run
from tapwatt_watch.hold import OpenHold


def holds(
    operator: Annotated[str, typer.Option(metavar="OPERATOR", help="Only this operator's.")] = "",
    older_than: Annotated[
        timedelta | None, typer.Option(parser=span, metavar="6h", help="Only those that stand for longer (min, h, d).")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Name every hold, not only those that need somebody.")] = False,
    bootstrap: Bootstrap = BOOTSTRAP,
    topic_prefix: TopicPrefix = "",
    as_document: AsDocument = False,
) -> None:
    """Show the open holds: how much is held for each operator and since when, and which run out within an hour.

    It is read off the log: what was authorised and is neither captured, released nor failed. Nothing is changed.

    Example: `tapwatt holds --operator NL-TWT --older-than 1d`
    """
    now = SystemClock().now()
    with read_so_far("reading what was said of holds") as progress:
        found = run(read_open_holds(bootstrap, Topics(topic_prefix), now, progress))
    wanted = [hold for hold in found if _wanted(hold, operator, older_than, now)]
    if as_document:
        typer.echo(json.dumps(holds_as_json(wanted, now), indent=2))
    else:
        show_holds(page(), wanted, now, every=every)


def _wanted(hold: OpenHold, operator: str, older_than: timedelta | None, now: datetime) -> bool:
    return (not operator or hold.operator_id == operator) and (older_than is None or now - hold.since > older_than)
