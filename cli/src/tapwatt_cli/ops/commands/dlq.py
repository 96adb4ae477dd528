"""`tapwatt dlq`: what was dead-lettered, why, and replaying it once the cause is mended."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Annotated

import typer

from tapwatt.clock import SystemClock
from tapwatt.facts.topics import Topics
from tapwatt_cli.console import a_person_types, page, printable
from tapwatt_cli.ops.dead_letter_replay import read_letters, replay_letters
from tapwatt_cli.ops.dead_letters import (
    Letter,
    Number,
    in_order,
    numbered,
    retry_topic,
    standing,
    why_not,
    with_their_sessions,
)
from tapwatt_cli.ops.letter_page import letter_as_json, list_as_json, show_letter, show_list
from tapwatt_cli.running import run

Bootstrap = Annotated[str, typer.Option(envvar="TAPWATT_KAFKA_BOOTSTRAP", help="Kafka's host:port.")]
Prefix = Annotated[str, typer.Option(envvar="TAPWATT_TOPIC_PREFIX", help="Where several rings share a Kafka.")]
AsDocument = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]

app = typer.Typer(name="dlq", no_args_is_help=True, help="List, show and replay the dead letters.")


def _number(text: str) -> Number:
    number = Number.read(text)
    if number is None:
        raise typer.BadParameter(f"{text!r} is not a dead letter's number: PARTITION/OFFSET, such as 0/17")
    return number


@app.command("list")
def list_(
    bootstrap: Bootstrap = "127.0.0.1:9092",
    topic_prefix: Prefix = "",
    every: Annotated[bool, typer.Option("--all", help="Also those that were replayed since.")] = False,
    as_document: AsDocument = False,
) -> None:
    """List the dead letters: when and by which service each was dead-lettered, and why."""
    letters = run(read_letters(bootstrap, Topics(topic_prefix), with_values=False))
    if as_document:
        typer.echo(json.dumps(list_as_json(letters if every else standing(letters)), indent=2))
    else:
        show_list(page(), letters, every)


@app.command()
def show(
    number: Annotated[Number, typer.Argument(parser=_number, metavar="P/O", help="Its number, as listed.")],
    bootstrap: Bootstrap = "127.0.0.1:9092",
    topic_prefix: Prefix = "",
    as_document: AsDocument = False,
) -> None:
    """Show everything of one dead letter: its reason, headers, key and value."""
    (letter,) = numbered(run(read_letters(bootstrap, Topics(topic_prefix))), [number])
    if as_document:
        typer.echo(json.dumps(letter_as_json(letter), indent=2))
    else:
        show_letter(page(), letter)


@app.command()
def replay(
    numbers: Annotated[
        list[Number] | None, typer.Argument(parser=_number, metavar="P/O", help="Their numbers, as listed.")
    ] = None,
    by: Annotated[str | None, typer.Option(metavar="SERVICE", help="All that this service dead-lettered.")] = None,
    everything: Annotated[bool, typer.Option("--everything", help="All that stand.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    bootstrap: Bootstrap = "127.0.0.1:9092",
    topic_prefix: Prefix = "",
    as_document: AsDocument = False,
) -> None:
    """Replay dead letters to the services that dead-lettered them, and to nobody else.

    Of a quarantined session all its letters go together, in their order, and its quarantine ends with the last one.

    Mend the cause first: what fails again is a dead letter again. Safe to repeat. Exit code 1 when one is refused; the
    others are replayed.
    """
    if sum((bool(numbers), by is not None, everything)) != 1:
        raise typer.BadParameter("say which: numbers, --by SERVICE or --everything (one of the three)")
    topics = Topics(topic_prefix)
    letters = run(read_letters(bootstrap, topics))
    chosen = in_order(with_their_sessions(_chosen(letters, numbers or [], by), letters))
    refused = {str(letter.number): why for letter in chosen if (why := why_not(letter, topics))}
    going = [letter for letter in chosen if str(letter.number) not in refused]
    for number, why in refused.items():
        typer.echo(f"tapwatt: {number} is not replayed: {printable(why)}", err=True)
    if len(going) > 1 and not yes and a_person_types():
        typer.confirm(f"Replay {len(going)} dead letters?", abort=True, err=True)
    replayed: list[Letter] = []

    def tell(letter: Letter) -> None:
        replayed.append(letter)
        if not as_document:
            key = printable(letter.record.key or b"")
            typer.echo(
                f"replayed {letter.number}: {printable(letter.fact) or 'unknown'} {key} to {letter.dead_lettered_by}"
            )

    try:
        if going:
            run(replay_letters(bootstrap, topics, going, SystemClock(), tell))
    finally:
        _sum_up(replayed, refused, topics, as_document)
    if refused:
        raise typer.Exit(1)


def _chosen(letters: Sequence[Letter], numbers: Sequence[Number], by: str | None) -> list[Letter]:
    """By number also one that was replayed before; by service or all together those that stand."""
    if numbers:
        return numbered(letters, numbers)
    return list(letter for letter in standing(letters) if by is None or letter.dead_lettered_by == by)


def _sum_up(replayed: Sequence[Letter], refused: dict[str, str], topics: Topics, as_document: bool) -> None:
    """Also where Kafka went away in the middle: what was replayed by then was replayed."""
    if as_document:
        done = [{"number": str(letter.number), "topic": retry_topic(letter, topics)} for letter in replayed]
        left = [{"number": number, "why": why} for number, why in refused.items()]
        typer.echo(json.dumps({"replayed": done, "refused": left}, indent=2))
    else:
        typer.echo(f"dead letters: {len(replayed)} replayed, {len(refused)} refused")
