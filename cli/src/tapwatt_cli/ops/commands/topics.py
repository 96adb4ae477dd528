"""`tapwatt topics`: whether a Kafka has the declared topics, and creating those that are missing."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tapwatt_cli.ops.declared_topics import topics_file, with_topics
from tapwatt_cli.running import run


def topics(
    apply: Annotated[bool, typer.Option("--apply", help="Create what is missing; without it nothing changes.")] = False,
    bootstrap: Annotated[
        str, typer.Option(envvar="TAPWATT_KAFKA_BOOTSTRAP", help="Kafka's host:port.")
    ] = "127.0.0.1:9092",
    topic_prefix: Annotated[
        str, typer.Option(envvar="TAPWATT_TOPIC_PREFIX", help="Where several rings share a Kafka.")
    ] = "",
    one_broker: Annotated[
        bool, typer.Option("--one-broker", help="No replicas, as on a Kafka with a single broker.")
    ] = False,
    file: Annotated[
        Path | None, typer.Option(help="Where they are declared; deploy/topics.toml when not given.")
    ] = None,
) -> None:
    """Compare a Kafka's topics with those declared in deploy/topics.toml; with --apply create what is missing.

    Nothing that exists is changed: a topic with another number of partitions is named, because its keys would move.
    Exit code 1 when something differs.
    """
    declared = file or topics_file()
    applied = run(
        with_topics(bootstrap, prefix=topic_prefix, one_broker=one_broker, only_check=not apply, file=declared)
    )
    for name in applied.made:
        typer.echo(f"created {name}")
    for sentence in applied.differs:
        typer.echo(sentence)
    typer.echo(f"topics: {len(applied.there)} were there, {len(applied.made)} created, {len(applied.differs)} differ")
    if applied.differs:
        raise typer.Exit(1)
