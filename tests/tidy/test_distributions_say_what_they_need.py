"""Each distribution names every package that its code imports, and no other, so that it can be installed by itself."""

import ast
import re
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DISTRIBUTIONS = sorted(
    path.parent for path in ROOT.glob("**/pyproject.toml") if path.parent != ROOT and ".venv" not in path.parts
)
PACKAGE_OF = {
    "tapwatt_local": "tapwatt-local",
    "simulator": "tapwatt-simulator",
    "tariff": "tapwatt-tariff",
    "faust": "faust-streaming",
}
NOT_IMPORTED = {"tzdata"}
"""Needed at run time without an import: where the system has no time zones."""


def imported(folder: Path) -> set[str]:
    names = set()
    for path in (folder / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names.add(node.module.split(".")[0])
    own = {path.name for path in (folder / "src").iterdir()}
    third = names - own - set(sys.stdlib_module_names)
    return {PACKAGE_OF.get(name, name.replace("_", "-")) for name in third}


def test_all_eight_distributions_are_looked_at() -> None:
    assert len(DISTRIBUTIONS) == 8


@pytest.mark.parametrize("folder", DISTRIBUTIONS, ids=lambda folder: folder.name)
def test_what_is_imported_is_declared_and_nothing_else(folder: Path) -> None:
    project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = {re.split(r"[\[<>=;~! ]", dependency)[0] for dependency in project["dependencies"]}
    assert declared - NOT_IMPORTED == imported(folder)
