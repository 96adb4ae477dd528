"""`make mutants`: breaks one safeguard after another in a copy of the tree, and looks whether a test notices."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import track
from tests.mutants.patches import ROOT, Mutant, applied, mutants

NOTICED, QUIET = 1, 0
"""How pytest ends: with a test that is red, and with none."""
LONGEST_S = 600
SAYS = Console(stderr=True)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of a mutant: caught, survived, or why it could not be tried."""

    name: str
    safeguard: str
    tests: str
    verdict: str
    by: str
    seconds: float


def main(
    only: Annotated[
        list[str] | None, typer.Option(metavar="WORDS", help="Mutants with these words in their name or safeguard.")
    ] = None,
    as_document: Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")] = False,
    list_: Annotated[bool, typer.Option("--list", help="Say what they break, and which tests should notice.")] = False,
) -> None:
    """Break one safeguard after another, each in a copy of the tree, and run the tests that should notice.

    A mutant that no test notices has survived: either a test is missing, or the safeguard is not needed. Exit code 1
    if one survived, or could not be tried.
    """
    chosen = [
        one for one in mutants() if all(words in f"{one.name} {one.safeguard}" for words in only or ())
    ]  # fmt: skip
    if not chosen:
        raise typer.BadParameter(f"no mutant has {' and '.join(only or ())} in it")
    if list_:
        typer.echo("\n".join(f"{one.name:<40} {one.safeguard}" for one in chosen))
        return
    with tempfile.TemporaryDirectory() as folder:
        tree = _copy(Path(folder) / "tree")
        verdicts = []
        for one in track(chosen, "mutants", console=SAYS, disable=not SAYS.is_terminal):
            verdicts.append(_tried(one, tree))
            if not as_document:
                sys.stdout.write(_line(verdicts[-1]) + "\n")
                sys.stdout.flush()
    if as_document:
        typer.echo(json.dumps([asdict(one) for one in verdicts], indent=2))
    caught = sum(one.verdict == "caught" for one in verdicts)
    typer.echo(f"{caught} of {len(verdicts)} caught", err=as_document)
    if caught < len(verdicts):
        raise typer.Exit(1)


def _copy(tree: Path) -> Path:
    """What git knows of the tree, as it stands."""
    command = ("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    for name in filter(None, names):
        source = ROOT / name
        if source.is_file():
            target = tree / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
    return tree


def _tried(mutant: Mutant, tree: Path) -> Verdict:
    begun = time.monotonic()
    put = applied(mutant, tree)
    if put.returncode != 0:
        return _verdict(mutant, f"does not apply: {put.stderr.strip()}", "", begun)
    try:
        command = (sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *mutant.tests)
        env = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, _sources(tree))), "PYTHONDONTWRITEBYTECODE": "1"}
        try:
            done = subprocess.run(
                command, cwd=tree, env=env, capture_output=True, text=True, timeout=LONGEST_S, check=False
            )
        except subprocess.TimeoutExpired:
            return _verdict(mutant, "caught", f"nothing came of it within {LONGEST_S} s", begun)
    finally:
        taken_back = applied(mutant, tree, "--reverse")
        assert taken_back.returncode == 0, taken_back.stderr
    red = next((line for line in done.stdout.splitlines() if line.startswith("FAILED")), "")
    if done.returncode == NOTICED and red:
        return _verdict(mutant, "caught", red.removeprefix("FAILED ").partition(" - ")[0], begun)
    if done.returncode == QUIET:
        return _verdict(mutant, "survived", "", begun)
    return _verdict(mutant, f"its tests cannot be run: {done.stdout.strip()[-300:]}", "", begun)


def _sources(tree: Path) -> list[Path]:
    """Before what is installed: the packages of the copy."""
    return sorted(path for path in [*tree.glob("*/src"), *tree.glob("services/*/src")] if path.is_dir())


def _verdict(mutant: Mutant, verdict: str, by: str, begun: float) -> Verdict:
    tests = " ".join(mutant.tests)
    return Verdict(mutant.name, mutant.safeguard, tests, verdict, by, round(time.monotonic() - begun, 1))


def _line(one: Verdict) -> str:
    return f"{one.verdict:<9} {one.name:<40} {one.safeguard}" + (f"  [{one.by}]" if one.by else "")


if __name__ == "__main__":
    typer.run(main)
