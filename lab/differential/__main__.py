"""Compares our prices with those of other engines on thousands of generated tariffs and sessions.

python -m lab.differential --rust-peer PROGRAM --python-peer FOLDER [--cases N] [--seed S] [--json] [--examples]

Ends with 0 if every difference is explained by a known cause and the peers still say what docs/differential.md states,
with 1 if not, with 2 if a peer cannot be run. That page also says where the peers come from, and who is right.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from lab.differential.causes import OF_PEER
from lab.differential.explain import compare
from lab.differential.peers import NoPeer, Peer, PythonPeer, RustPeer
from lab.differential.report import Tally
from lab.differential.sessions import case
from lab.differential.shrink import shrunk
from lab.differential.stated import no_longer_true

MOST_CASES = 1_000_000


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, print what was found, and say how it went as an exit code."""
    asked = _asked(arguments)
    console = Console(stderr=True)
    try:
        tallies = [Tally(peer, OF_PEER[peer.name]) for peer in _peers(asked)]
    except NoPeer as error:
        console.print(str(error), style="red", markup=False)
        return 2
    outdated = [sentence for tally in tallies for sentence in no_longer_true(tally.peer)]
    for sentence in outdated:
        console.print(sentence, style="red", markup=False)
    began = time.monotonic()
    interrupted = not _run(tallies, asked, console)
    if asked.json:
        found = {"seed": asked.seed, "seconds": round(time.monotonic() - began, 1), "interrupted": interrupted}
        print(json.dumps({**found, "peers": [t.as_json() for t in tallies]}, indent=2))
    else:
        _print(tallies, examples=asked.examples and not interrupted)
    if interrupted:
        console.print("Interrupted: this is what was found until then.")
        return 130
    return 1 if outdated or any(t.unexplained for t in tallies) else 0


def _asked(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m lab.differential", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rust-peer", type=Path, metavar="PROGRAM", help="ocpi-tariffs of the crate ocpi-tariffs-cli")
    parser.add_argument("--python-peer", type=Path, metavar="FOLDER", help="sources of the Python package ocpi-tariffs")
    parser.add_argument("--cases", type=int, default=1000, help="how many tariffs with a session (1000)")
    parser.add_argument("--first", type=int, default=0, help="the number of the first case (0)")
    parser.add_argument("--seed", type=int, default=1, help="another seed, other cases (1)")
    parser.add_argument("--json", action="store_true", help="what was found as JSON")
    parser.add_argument("--examples", action="store_true", help="a small case for each cause that explains one alone")
    asked = parser.parse_args(arguments)
    if asked.rust_peer is None and asked.python_peer is None:
        parser.error("name at least one peer: --rust-peer PROGRAM or --python-peer FOLDER (see docs/differential.md)")
    if not 1 <= asked.cases <= MOST_CASES:
        parser.error(f"--cases is from 1 to {MOST_CASES}")
    return asked


def _peers(asked: argparse.Namespace) -> list[Peer]:
    peers: list[Peer] = []
    if asked.rust_peer is not None:
        peers.append(RustPeer(asked.rust_peer))
    if asked.python_peer is not None:
        peers.append(PythonPeer(asked.python_peer))
    return peers


def _run(tallies: Sequence[Tally], asked: argparse.Namespace, console: Console) -> bool:
    """Compare case after case; False if somebody interrupted it."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("pricing", total=asked.cases)
        try:
            for number in range(asked.first, asked.first + asked.cases):
                made = case(asked.seed, number)
                for tally in tallies:
                    tally.add(compare(made, tally.peer, tally.known))
                progress.advance(task)
        except KeyboardInterrupt:
            return False
    return True


def _print(tallies: Sequence[Tally], *, examples: bool) -> None:
    console = Console()
    for tally in tallies:
        console.print(tally.as_table())
        for found in tally.kept:
            print(f"case {found.case.number}: ours {found.ours}, peer {found.peer}")
        for name, found in sorted(tally.examples.items()) if examples else ():
            small = compare(shrunk(found.case, tally.peer, tally.known), tally.peer, tally.known)
            print(f"{name} (case {small.case.number}, {small.case.zone}): ours {small.ours}, peer {small.peer}")
            print(f"  {json.dumps(json.loads(small.case.text()))}")


if __name__ == "__main__":
    sys.exit(main())
