"""The patches that each break one safeguard: what they break, and which tests should notice."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent
ROOT = FOLDER.parents[1]


@dataclass(frozen=True, slots=True)
class Mutant:
    """A patch. `tests` is what pytest is told: the cheapest selection that should be red with it."""

    path: Path
    safeguard: str
    tests: tuple[str, ...]

    @property
    def name(self) -> str:
        """What it is called."""
        return self.path.stem


def mutants() -> list[Mutant]:
    """All of them, by name."""
    return [_read(path) for path in sorted(FOLDER.glob("*.patch"))]


def _read(path: Path) -> Mutant:
    """The first line is `safeguard | tests`. ValueError if it is not."""
    first = path.read_text(encoding="utf-8").splitlines()[0]
    safeguard, bar, tests = first.partition(" | ")
    if not bar or not safeguard or not tests.strip():
        raise ValueError(f"{path.name}: its first line is the safeguard, ' | ' and the tests that should notice")
    return Mutant(path, safeguard, tuple(shlex.split(tests)))


def applied(mutant: Mutant, tree: Path, *more: str) -> subprocess.CompletedProcess[str]:
    """The patch applied to a tree; what git says of it."""
    command: Sequence[str] = ("git", "apply", "--recount", *more, str(mutant.path))
    return subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False)
