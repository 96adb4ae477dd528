"""`tapwatt topics`: whether a Kafka has the declared topics, and creating those that are missing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from tapwatt_cli.ops.commands.typed import By
from tapwatt_cli.ops.declared_topics import Applied, topics_file, with_topics
from tapwatt_cli.ops.who import log_change, login
from tapwatt_cli.options import BOOTSTRAP, AsDocument, Bootstrap, TopicPrefix
from tapwatt_cli.running import run


def topics(
    apply: Annotated[bool, typer.Option("--apply", help="Create what is missing; without it nothing changes.")] = False,
    by: By = None,
    bootstrap: Bootstrap = BOOTSTRAP,
    topic_prefix: TopicPrefix = "",
    one_broker: Annotated[
        bool, typer.Option("--one-broker", help="No replicas, as on a Kafka with a single broker.")
    ] = False,
    file: Annotated[
        Path | None, typer.Option(help="Where they are declared; deploy/topics.toml when not given.")
    ] = None,
    as_document: AsDocument = False,
) -> None:
    """Compare a Kafka's topics with those declared in deploy/topics.toml; with --apply create what is missing.

    Nothing that exists is changed: a topic with another number of partitions is named, because its keys would move.
    Exit code 1 when something differs.
    """
    declared = file or topics_file()
    applied = run(
        with_topics(bootstrap, prefix=topic_prefix, one_broker=one_broker, only_check=not apply, file=declared)
    )
    if applied.made:
        log_change(by or login(), bootstrap, f"created topics {', '.join(applied.made)}")
    if as_document:
        typer.echo(json.dumps(topics_as_json(applied), indent=2))
    else:
        for name in applied.made:
            typer.echo(f"created {name}")
        for sentence in applied.differs:
            typer.echo(sentence)
        counts = f"{len(applied.there)} were there, {len(applied.made)} created, {len(applied.differs)} differ"
        typer.echo(f"topics: {counts}")
    if applied.differs:
        raise typer.Exit(1)


def topics_as_json(applied: Applied) -> dict[str, Any]:
    """What was found and done, for scripts."""
    return {
        "there": applied.there,
        "created": applied.made,
        "missing": applied.missing,
        "differing": [{"topic": one.topic, "has": list(one.has)} for one in applied.differing],
    }
