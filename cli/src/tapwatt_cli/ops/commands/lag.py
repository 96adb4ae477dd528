"""`tapwatt lag`: how far each service is behind, in records and in seconds, as the broker has it."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from tapwatt.clock import SystemClock
from tapwatt.facts.topics import Topics
from tapwatt_cli.console import page
from tapwatt_cli.ops.lag_page import lag_as_json, show_lag
from tapwatt_cli.options import BOOTSTRAP, AsDocument, Bootstrap, TopicPrefix
from tapwatt_cli.running import run
from tapwatt_watch.kafka.groups import Groups, GroupsTold


def lag(
    every: Annotated[bool, typer.Option("--all", help="Name every partition, not only those that are behind.")] = False,
    bootstrap: Bootstrap = BOOTSTRAP,
    topic_prefix: TopicPrefix = "",
    as_document: AsDocument = False,
) -> None:
    """Show how far each service is behind: records that it has not committed, and the age of the oldest of them.

    It is asked of the broker, from outside the workers. A driver's minutes at a terminal are part of it: what is being
    handled is not committed. `?` is not known, and not 0. Nothing is changed.
    """
    told = run(_asked(bootstrap, Topics(topic_prefix)))
    if as_document:
        typer.echo(json.dumps(lag_as_json(told), indent=2))
    else:
        show_lag(page(), told, every=every)


async def _asked(bootstrap: str, topics: Topics) -> GroupsTold:
    async with Groups(bootstrap, topics, SystemClock()).opened() as groups:
        return await groups.ask()
