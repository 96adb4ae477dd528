"""The options that most commands have: where Kafka is, which ring is meant, and whether a script reads what is said."""

from __future__ import annotations

from typing import Annotated

import typer

Bootstrap = Annotated[str, typer.Option(envvar="TAPWATT_KAFKA_BOOTSTRAP", help="Kafka's host:port.")]
BOOTSTRAP = "127.0.0.1:9092"

TopicPrefix = Annotated[str, typer.Option(envvar="TAPWATT_TOPIC_PREFIX", help="Where several rings share a Kafka.")]

AsDocument = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]
