"""Each distribution names every package that its code imports, and no other, so that it can be installed by itself."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DISTRIBUTIONS = sorted(
    path.parent for path in ROOT.glob("**/pyproject.toml") if path.parent != ROOT and ".venv" not in path.parts
)
PACKAGE_OF = {
    **{name: f"tapwatt-{name}" for name in ("pricing", "receipts", "simulator", "authoriser", "capturer", "tariff")},
    "token_matcher": "tapwatt-token-matcher",
    "tapwatt_watch": "tapwatt-watch",
    "faust": "faust-streaming",
}
NOT_IMPORTED = {"tzdata"}
"""Needed at run time without an import: where the system has no time zones."""
STARTED = {"tapwatt-authoriser", "tapwatt-token-matcher", "tapwatt-tariff", "tapwatt-capturer"}
"""What the developer's extra of the command starts as processes, without importing it."""
ONLY_IN_AN_EXTRA = {
    "shared": (
        "service",
        {"worker", "provider", "state", "testing", "wiring", "log.py", "settings.py", "metrics", "answer_once.py"},
    ),
    "cli": ("dev", {"dev"}),
}
"""The rooms of a distribution that need its extra; the other rooms do without."""


def imported(paths: Iterable[Path], own: set[str]) -> set[str]:
    names = set()
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names.add(node.module.split(".")[0])
    third = names - own - set(sys.stdlib_module_names)
    return {PACKAGE_OF.get(name, name.replace("_", "-")) for name in third}


def named(dependencies: Iterable[str]) -> set[str]:
    return {re.split(r"[\[<>=;~! ]", dependency)[0] for dependency in dependencies}


def test_all_ten_distributions_are_looked_at() -> None:
    assert len(DISTRIBUTIONS) == 10


@pytest.mark.parametrize("folder", DISTRIBUTIONS, ids=lambda folder: folder.name)
def test_what_is_imported_is_declared_and_nothing_else(folder: Path) -> None:
    project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extra, rooms = ONLY_IN_AN_EXTRA.get(folder.name, ("", set()))
    [package] = (path for path in (folder / "src").iterdir() if path.is_dir())
    every = list(package.rglob("*.py"))
    plain = [path for path in every if path.relative_to(package).parts[0] not in rooms]
    needed = named(project["dependencies"])
    assert needed - NOT_IMPORTED == imported(plain, {package.name})
    extras = named(project.get("optional-dependencies", {}).get(extra, ()))
    assert (extras | needed) - NOT_IMPORTED - STARTED == imported(every, {package.name}) - STARTED
    assert set(project.get("optional-dependencies", {})) == ({extra} if extra else set())
