"""`make crash-matrix`: every cell of the matrix in memory, then kill -9 at the windows of real processes; a table."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable, Iterator
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import track
from tests.crash.cells import calibrated, matrix, run
from tests.crash.real import RealOutcome, real_cells, real_ring
from tests.crash.table import Row, table

from tapwatt.errors import TapwattError
from tapwatt_cli.dev.run_folders import RunFolder
from tapwatt_cli.running import run as run_to_its_end

ON_PROCESSES = "kill -9 of a real process"
SAYS = Console(stderr=True)


def main(
    only: Annotated[
        list[str] | None, typer.Option(metavar="WORDS", help="Cells with these words in them: capturer:after-capture.")
    ] = None,
    memory: Annotated[bool, typer.Option(help="The ring in memory: four ways to die, three kinds of provider.")] = True,
    real: Annotated[bool, typer.Option(help="Real processes on a real Kafka and Redis: kill -9.")] = True,
    as_document: Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")] = False,
    keep: Annotated[bool, typer.Option(help="Keep the folder with the logs of the real ring.")] = False,
) -> None:
    """Hit each service at each of its windows, and hold the provider's ledger to what the drivers did.

    A cell is a window of a service, a way to die there, a kind of provider and a play. It is bad where its window was
    not reached, or where anything is lost, twice or wrong afterwards. Exit code 1 if a cell is bad. In memory all
    cells take some minutes; on real processes each takes some seconds.
    """
    begun, rows = time.monotonic(), []
    if memory:
        rows += list(_in_memory(only))
    if real:
        rows += _on_processes(only, keep)
    if not rows:
        raise typer.BadParameter(f"there is no cell with {' and '.join(only)} in it" if only else "that leaves no cell")
    if as_document:
        typer.echo(json.dumps([row.document() for row in rows], indent=2))
    else:
        typer.echo(table(rows, time.monotonic() - begun))
    if not all(row.good for row in rows):
        raise typer.Exit(1)


def _chosen(cell: object, only: Iterable[str] | None) -> bool:
    return all(words in str(cell) for words in only or ())


def _in_memory(only: list[str] | None) -> Iterator[Row]:
    cells = [cell for cell in matrix(calibrated()) if _chosen(cell, only)]
    for cell in track(cells, "in memory", console=SAYS, disable=not SAYS.is_terminal):
        outcome = run(cell.play, cell.mode, cell.blow)
        wrong = outcome.wrong if outcome.struck else ["its window was not reached", *outcome.wrong]
        yield Row(cell.blow.service, cell.blow.window, str(cell.blow.way), str(cell), tuple(wrong))


def _on_processes(only: list[str] | None, keep: bool) -> list[Row]:
    cells = [cell for cell in real_cells() if _chosen(f"{cell} {ON_PROCESSES}", only)]
    if not cells:
        return []

    async def each() -> list[RealOutcome]:
        async with real_ring(files.path, lambda what: SAYS.print(what) if SAYS.is_terminal else None) as ring:
            every = track(cells, "real processes", console=SAYS, disable=not SAYS.is_terminal)
            return [await ring.try_at(cell) for cell in every]

    with RunFolder("crash-matrix", keep=keep) as files:
        outcomes = run_to_its_end(each())
    found = []
    for one in outcomes:
        wrong = one.wrong if one.died else ("its window was not reached", *one.wrong)
        found.append(Row(one.cell.service, one.cell.window, ON_PROCESSES, str(one.cell), wrong, one.seconds))
    return found


if __name__ == "__main__":
    try:
        typer.run(main)
    except TapwattError as error:
        typer.echo(f"crash-matrix: {error}", err=True)
        sys.exit(2)
