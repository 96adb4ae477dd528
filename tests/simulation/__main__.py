"""`make simulate`: the whole ring in one process, seed after seed, with unforeseen dice, judged by the ledger."""

from __future__ import annotations

import json
import signal
import sys
import time
from collections.abc import Callable
from threading import Event
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress
from tests.simulation.dice import DICE, Dice
from tests.simulation.seeds import Came, Summary, replay, run_seed, run_seeds
from tests.simulation.shrink import shrink
from tests.simulation.shuffles import run_shuffle

MOST_TOLD = 5
ENDED_BY_HAND = 130


def main(
    seeds: Annotated[str, typer.Option(metavar="A-B", help="The seeds to live, both ends included.")] = "0-99",
    drivers: Annotated[int, typer.Option(min=1, max=1000, help="Drivers in each seed, with a session each.")] = 10,
    days: Annotated[float, typer.Option(min=0.01, max=60, help="Days over which they come.")] = 3.0,
    jobs: Annotated[int, typer.Option(min=1, max=64, help="Processes at work at once.")] = 1,
    without: Annotated[list[str] | None, typer.Option(metavar="DIE", help="Do not throw this die; see --dice.")] = None,
    shuffles: Annotated[bool, typer.Option("--shuffles", help="Live each day twice: said once, and shuffled.")] = False,
    shrink_: Annotated[bool, typer.Option("--shrink", help="Make each failing seed smaller while it fails.")] = False,
    as_document: Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")] = False,
    dice: Annotated[bool, typer.Option("--dice", help="Say what may happen, and end.")] = False,
) -> None:
    """Live whole worlds of drivers, fleets, Kafka, Redis and a provider in one process, and judge them.

    A seed throws the dice: which things go wrong in its world, how often, and when. Months pass in seconds. In the end
    an oracle compares the provider's ledger with what fleets truly said, session by session and cent by cent.

    A seed that fails fails every time. Its story is told with the one command that lives it again; --shrink finds
    the fewest drivers and dice with which it still fails. With --shuffles nothing goes wrong but that each event comes
    again, late and in another order: the ledger has to be that of the day on which it was said once.

    Exit code 1 where one failed, 130 at Ctrl-C, which tells what came of the seeds until then.
    """
    if dice:
        typer.echo("\n".join(f"{name:<15} {what}" for name, what in DICE.items()))
        return
    unknown = set(without or ()) - DICE.keys()
    if unknown:
        raise typer.BadParameter(f"no such die: {', '.join(sorted(unknown))}; --dice names them all")
    first, last = _range(seeds)
    every = [Dice(seed, drivers, days, frozenset(without or ())) for seed in range(first, last + 1)]
    begun = time.monotonic()
    live_one = run_shuffle if shuffles else run_seed
    summary, ended = _run(every, jobs, live_one, quiet=as_document)
    took_s = time.monotonic() - begun
    by_seed = {one.seed: one for one in every}
    if as_document:
        typer.echo(json.dumps({**summary.document(), "took_s": round(took_s, 1), "seed_range": seeds}, indent=2))
    else:
        for came in summary.failed[:MOST_TOLD]:
            _tell(came, by_seed[came.seed], shuffles, shrink_)
        typer.echo(_line(summary, took_s))
    if ended or summary.failed:
        raise typer.Exit(ENDED_BY_HAND if ended else 1)


def _range(seeds: str) -> tuple[int, int]:
    first, dash, last = seeds.partition("-")
    if not first.isdigit() or (dash and not last.isdigit()) or (dash and int(last) < int(first)):
        raise typer.BadParameter(f"{seeds} is no range of seeds, such as 0-99")
    return int(first), int(last) if dash else int(first)


def _run(every: list[Dice], jobs: int, live_one: Callable[[Dice], Came], *, quiet: bool) -> tuple[Summary, bool]:
    """What came of them, and whether somebody ended it: at Ctrl-C the seed at hand is lived to its end."""
    summary, ended = Summary(), Event()
    before = signal.signal(signal.SIGINT, lambda number, frame: ended.set())
    try:
        with Progress(console=Console(stderr=True), transient=True, disable=quiet or not sys.stderr.isatty()) as bar:
            task = bar.add_task("seeds", total=len(every))
            for came in run_seeds(every, jobs, live_one):
                summary.add(came)
                failed = f", {len(summary.failed)} failed" if summary.failed else ""
                bar.update(task, advance=1, description=f"{summary.sessions:,} sessions{failed}")
                if ended.is_set():
                    break
    finally:
        signal.signal(signal.SIGINT, before)
    return summary, ended.is_set()


def _tell(came: Came, dice: Dice, shuffled: bool, smaller: bool) -> None:
    typer.echo(f"\nseed {came.seed}:")
    for what in came.wrong:
        typer.echo(f"  {what}")
    for name, lines in came.stories.items():
        typer.echo(f"\n  the story of {name}:")
        typer.echo("\n".join(f"    {line}" for line in lines))
    typer.echo(f"\n  live it again: {replay(dice)}{' --shuffles' if shuffled else ''}")
    if smaller and not shuffled:
        small = shrink(dice, lambda what: typer.echo(f"  still fails: {what}", err=True))
        typer.echo(f"  the smallest that fails, with {', '.join(sorted(small.on)) or 'no die'}: {replay(small)}")


def _line(summary: Summary, took_s: float) -> str:
    if not summary.seeds:
        return "no seed was lived"
    failed = f"{len(summary.failed)} seeds failed" if summary.failed else "0 violations"
    met = ", ".join(f"{count:,} {what}" for what, count in sorted(summary.met.items()))
    each_ms = summary.cpu_s / max(summary.sessions, 1) * 1000
    return (
        f"\n{summary.seeds:,} seeds, {summary.sessions:,} sessions, {failed}; {took_s:.0f} s, "
        f"{summary.seeds / took_s:.1f} seeds a second, {each_ms:.0f} ms of a core a session\nmet: {met}"
    )


if __name__ == "__main__":
    typer.run(main)
