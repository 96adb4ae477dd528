"""`tapwatt dlq`: what was dead-lettered, why, and replaying it once the cause is mended."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Annotated

import typer

from tapwatt.clock import SystemClock
from tapwatt.facts.topics import Topics
from tapwatt.worker.moved_records import Kind
from tapwatt_cli.console import page, printable
from tapwatt_cli.ops.commands.asking import ask
from tapwatt_cli.ops.commands.moments import moment
from tapwatt_cli.ops.commands.typed import By
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
from tapwatt_cli.ops.letter_choice import Wanted, grouped
from tapwatt_cli.ops.letter_page import (
    letter_as_json,
    line,
    list_as_json,
    show_letter,
    show_list,
    show_summary,
    summary_as_json,
)
from tapwatt_cli.ops.who import log_change, login
from tapwatt_cli.options import BOOTSTRAP, AsDocument, Bootstrap, TopicPrefix
from tapwatt_cli.running import run

PAGE = 50
"""Letters on a page."""
NAMED_AT_MOST = 10
"""So many letters are named before they are replayed."""

Reason = Annotated[
    Kind | None,
    typer.Option("--reason", metavar="REASON", help=f"Only what was dead-lettered for this: {', '.join(Kind)}."),
]
Service = Annotated[str | None, typer.Option(metavar="SERVICE", help="Only those that this service dead-lettered.")]
FactName = Annotated[str | None, typer.Option("--fact", metavar="FACT", help="Only this fact, such as Captured.")]
Operator = Annotated[str | None, typer.Option(metavar="OPERATOR", help="Only what says it is this operator's.")]
Since = Annotated[
    str | None, typer.Option(metavar="TIME", help="Only those since then: 2026-03-01T12:30 (UTC), 6h ago.")
]
Until = Annotated[str | None, typer.Option(metavar="TIME", help="Only those until then.")]

app = typer.Typer(name="dlq", no_args_is_help=True, help="List, count, show and replay the dead letters.")


def _number(text: str) -> Number:
    number = Number.read(text)
    if number is None:
        raise typer.BadParameter(f"{text!r} is not a dead letter's number: PARTITION/OFFSET, such as 0/17")
    return number


def _wanted(
    reason: Kind | None,
    service: str | None,
    fact: str | None,
    operator: str | None,
    since: str | None,
    until: str | None,
) -> Wanted:
    now = SystemClock().now()
    begins, ends = (moment(text, now) if text is not None else None for text in (since, until))
    return Wanted(reason, service, fact, operator, begins, ends)


@app.command("list")
def list_(
    bootstrap: Bootstrap = BOOTSTRAP,
    topic_prefix: TopicPrefix = "",
    reason: Reason = None,
    service: Service = None,
    fact: FactName = None,
    operator: Operator = None,
    since: Since = None,
    until: Until = None,
    every: Annotated[bool, typer.Option("--all", help="Also those that were replayed since.")] = False,
    limit: Annotated[int | None, typer.Option(min=1, help=f"So many on a page: {PAGE}, and all with --json.")] = None,
    at_page: Annotated[int, typer.Option("--page", min=1, help="Which page.")] = 1,
    as_document: AsDocument = False,
) -> None:
    """List the dead letters, the oldest first: when and by which service each was dead-lettered, and why.

    A letter whose replay was dead-lettered again is one letter, the last one. `tapwatt dlq summary` counts them.

    Example: `tapwatt dlq list --reason poison --service authoriser --since 6h`
    """
    wanted = _wanted(reason, service, fact, operator, since, until)
    letters = run(read_letters(bootstrap, Topics(topic_prefix), with_values=False))
    found = wanted.of(letters if every else standing(letters))
    size = limit or (len(found) if as_document else PAGE) or 1
    shown = found[(at_page - 1) * size : at_page * size]
    if as_document:
        typer.echo(json.dumps(list_as_json(shown), indent=2))
        return
    show_list(page(), shown)
    if len(shown) < len(found):
        first = (at_page - 1) * size
        more = f"; --page {at_page + 1} for more, or dlq summary" if first + size < len(found) else ""
        these = f"{first + 1} to {first + len(shown)}" if shown else "none"
        typer.echo(f"{these} of {len(found)}{more}")
    typer.echo(line(letters))


@app.command()
def summary(
    bootstrap: Bootstrap = BOOTSTRAP,
    topic_prefix: TopicPrefix = "",
    reason: Reason = None,
    service: Service = None,
    fact: FactName = None,
    operator: Operator = None,
    since: Since = None,
    until: Until = None,
    as_document: AsDocument = False,
) -> None:
    """Count the dead letters that stand by reason, service and fact: the most first, with the latest of each."""
    wanted = _wanted(reason, service, fact, operator, since, until)
    letters = run(read_letters(bootstrap, Topics(topic_prefix), with_values=False))
    groups = grouped(wanted.of(standing(letters)))
    if as_document:
        typer.echo(json.dumps(summary_as_json(groups), indent=2))
        return
    show_summary(page(), groups)
    typer.echo(line(letters))


@app.command()
def show(
    number: Annotated[Number, typer.Argument(parser=_number, metavar="P/O", help="Its number, as listed.")],
    bootstrap: Bootstrap = BOOTSTRAP,
    topic_prefix: TopicPrefix = "",
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
    reason: Reason = None,
    service: Service = None,
    fact: FactName = None,
    operator: Operator = None,
    since: Since = None,
    until: Until = None,
    everything: Annotated[bool, typer.Option("--everything", help="All that stand.")] = False,
    by: By = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask; a script has to say it.")] = False,
    bootstrap: Bootstrap = BOOTSTRAP,
    topic_prefix: TopicPrefix = "",
    as_document: AsDocument = False,
) -> None:
    """Replay dead letters to the services that dead-lettered them, and to nobody else.

    It says first which and how many, and asks; without a terminal it needs --yes. Of a quarantined session all its
    letters go together, in their order, and its quarantine ends with the last one.

    Mend the cause first: what fails again stands again, as one letter. Safe to repeat. Exit code 1 when one is refused;
    the others are replayed.

    Examples: `tapwatt dlq replay 0/17`, `tapwatt dlq replay --reason unavailable --service capturer --yes`
    """
    wanted = _wanted(reason, service, fact, operator, since, until)
    if sum((bool(numbers), not wanted.anything, everything)) != 1:
        raise typer.BadParameter("say which: numbers, --everything, or of what kind, such as --service (one of these)")
    topics = Topics(topic_prefix)
    letters = run(read_letters(bootstrap, topics))
    chosen = numbered(letters, numbers) if numbers else wanted.of(standing(letters))
    chosen = in_order(with_their_sessions(chosen, letters))
    refused = {str(letter.number): why for letter in chosen if (why := why_not(letter, topics))}
    going = [letter for letter in chosen if str(letter.number) not in refused]
    for number, why in refused.items():
        typer.echo(f"tapwatt: {number} is not replayed: {printable(why)}", err=True)
    if going and not yes:
        typer.echo(_plan(going), err=True)
        ask("Replay this dead letter?" if len(going) == 1 else f"Replay these {len(going)} dead letters?", yes=False)
    _replay(bootstrap, topics, going, by or login(), refused, as_document)
    if refused:
        raise typer.Exit(1)


def _plan(going: Sequence[Letter]) -> str:
    """What will be replayed, to whom, and which letters those are."""
    kinds = Counter((printable(one.fact) or "unknown", printable(one.dead_lettered_by)) for one in going)
    counts = ", ".join(f"{many} {fact} to {service}" for (fact, service), many in kinds.most_common())
    names = ", ".join(str(one.number) for one in going[:NAMED_AT_MOST])
    more = f" and {len(going) - NAMED_AT_MOST} more" if len(going) > NAMED_AT_MOST else ""
    return f"To be replayed: {counts} ({names}{more})"


def _replay(
    bootstrap: str, topics: Topics, going: Sequence[Letter], by: str, refused: dict[str, str], as_document: bool
) -> None:
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
            run(replay_letters(bootstrap, topics, going, SystemClock(), by, tell))
    finally:
        if replayed:
            names = ", ".join(str(letter.number) for letter in replayed)
            log_change(by, f"{bootstrap} {topics.prefix}".strip(), f"replayed dead letters {names}")
        _sum_up(replayed, refused, topics, as_document)


def _sum_up(replayed: Sequence[Letter], refused: dict[str, str], topics: Topics, as_document: bool) -> None:
    """Also where Kafka went away in the middle: what was replayed by then was replayed."""
    if as_document:
        done = [{"number": str(letter.number), "topic": retry_topic(letter, topics)} for letter in replayed]
        left = [{"number": number, "why": why} for number, why in refused.items()]
        typer.echo(json.dumps({"replayed": done, "refused": left}, indent=2))
    else:
        typer.echo(f"dead letters: {len(replayed)} replayed, {len(refused)} refused")
