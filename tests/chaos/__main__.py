"""`make chaos`: kill everything on a ring of its own while sessions flow, and let the provider's ledger judge."""

from __future__ import annotations

import json
import logging
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from tests.chaos.campaign import Orders, Outcome, campaign
from tests.chaos.summary import table

from tapwatt.errors import TapwattError
from tapwatt_cli.console import page, read_so_far
from tapwatt_cli.dev.run_folders import RunFolder
from tapwatt_cli.running import run

NAMED = 20


def main(
    sessions: Annotated[int, typer.Option(min=1, help="How many drivers come.")] = 300,
    kills: Annotated[
        int, typer.Option(min=0, help="How often a service is killed with -9; more is broken beside.")
    ] = 20,
    minutes: Annotated[float, typer.Option(min=0.1, help="Nobody comes, and nothing is broken, after so long.")] = 60,
    rate: Annotated[float, typer.Option(min=0.1, help="Drivers a second, whether anybody answers or not.")] = 2.0,
    seed: Annotated[int, typer.Option(help="Which faults strike when, and what drivers do.")] = 1,
    weather: Annotated[
        bool, typer.Option(help="The provider loses 30 % of its answers, 10 % of our requests, and 5 % are a 500.")
    ] = True,
    as_document: Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")] = False,
    keep: Annotated[bool, typer.Option(help="Keep the folder with logs, data and the ledger.")] = False,
) -> None:
    """Let drivers charge while services, the broker and Redis are killed, flushed, frozen and scaled, by a seed.

    With 100 kills of services come 6 of the broker, 8 of Redis, 12 flushes, 4 workers that freeze for longer than their
    session timeout, 4 that come and go, and 6 bad moments of the provider; and one in a hundred of a fleet's events is
    poison. It ends with the audit, with what the provider's own books say of what drivers truly did, and with how long
    each kind of fault took to heal: from the fault until a session that began after it was answered, and settled.

    Exit code 1 where money was lost, taken twice, above its hold or wrongly, or poison is not accounted for.

    `make chaos ARGS="--sessions 2000 --kills 50 --rate 5"`
    """
    # what a client of a broker that was killed retries is not news: what fails is said by us
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    orders = Orders(sessions, kills, minutes, rate, seed, weather)

    def says(what: str) -> None:
        typer.echo(f"chaos: {what}", err=True)

    with RunFolder("chaos", keep=keep) as files, read_so_far("sessions that have ended") as progress:
        outcome = run(campaign(Path(files.path), orders, says, progress))
    if as_document:
        typer.echo(json.dumps(document(outcome), indent=2))
    else:
        show(page(), outcome)
    if not outcome.good:
        raise typer.Exit(1)


def show(console: Console, outcome: Outcome) -> None:
    """The faults with their times, what sessions came to, and the lines of the audit and the ledger."""
    console.print(table(outcome.healed))
    settled = sum(one.outcome != "" or one.answer == "AuthorisationDeclined" for one in outcome.lived)
    console.print(
        f"{len(outcome.lived)} sessions in {outcome.seconds:.0f} s, {settled} heard their end, {outcome.kills} "
        f"processes killed, {sum(outcome.ended_by_themselves.values())} ended by themselves, "
        f"{outcome.poison} poisoned records",
        soft_wrap=True,
    )
    verdict = outcome.verdict
    wrong = [*verdict.lost, *verdict.twice, *verdict.above, *verdict.wrong]
    wrong += [str(one) for one in outcome.report.differences]
    wrong += [f"{one}: its card was told that there is no session" for one in outcome.denied]
    wrong += [f"{one}: poison that is no dead letter" for one in outcome.unaccounted]
    for line in wrong[:NAMED]:
        console.print(line, style="red", markup=False)
    style = "bold green" if outcome.good else "bold red"
    console.print(outcome.report.line, style=style, highlight=False, soft_wrap=True)
    console.print(outcome.verdict.line, style=style, highlight=False, soft_wrap=True)


def document(outcome: Outcome) -> dict[str, Any]:
    """The same for scripts; times in seconds."""
    return {
        "orders": asdict(outcome.orders),
        "good": outcome.good,
        "seconds": round(outcome.seconds, 1),
        "sessions": len(outcome.lived),
        "kills": outcome.kills,
        "ended_by_themselves": outcome.ended_by_themselves,
        "poison": outcome.poison,
        "unaccounted": list(outcome.unaccounted),
        "denied": outcome.denied,
        "audit": outcome.report.line,
        "differences": [str(one) for one in outcome.report.differences],
        "ledger": outcome.verdict.line,
        "verdict": asdict(outcome.verdict),
        "healed": [asdict(one) for one in outcome.healed],
        "troubles": [f"{one.order}: {one.trouble}" for one in outcome.lived if one.trouble],
    }


if __name__ == "__main__":
    try:
        typer.run(main)
    except TapwattError as error:
        typer.echo(f"chaos: {error}", err=True)
        sys.exit(2)
