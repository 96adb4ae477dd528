"""A window that stands in the code is registered, and a window that is registered stands in the code."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

from tapwatt.crash_windows import VERBS, WINDOWS, WRITES
from tapwatt.provider.port import Provider

ROOT = Path(__file__).parents[2]
SOURCES = sorted(ROOT.glob("shared/src/**/*.py")) + sorted(ROOT.glob("services/*/src/**/*.py"))


def _reached() -> Iterator[tuple[Path, ast.expr]]:
    """What each look into a window names."""
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "crash.armed":
                yield path, node.args[0]


def _asides() -> set[str]:
    text = (ROOT / "shared/src/tapwatt/worker/setting_aside.py").read_text(encoding="utf-8")
    return set(re.findall(r'self\._aside\(\s*"([a-z-]+)"', text))


FAMILIES = {"setting_aside.py": _asides(), "observed.py": set(VERBS), "view.py": set(WRITES)}
"""Where one place serves many windows, what its names are made of."""


def test_each_window_in_the_code_is_registered_and_each_registered_one_stands_in_the_code() -> None:
    found: list[str] = []
    for path, named in _reached():
        if isinstance(named, ast.Constant):
            found.append(str(named.value))
            continue
        side = re.match(r"f'(before|after)-\{", ast.unparse(named))
        assert side, f"{path.name} line {named.lineno}: a window is named by a literal, or as before-… or after-…"
        found += [f"{side.group(1)}-{word}" for word in FAMILIES[path.name]]
    assert sorted(found) == sorted(WINDOWS), "each window stands in one place, and in crash_windows.py"


def test_no_window_costs_more_than_a_falsy_look() -> None:
    for path in SOURCES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        guarded = {
            call
            for node in ast.walk(tree)
            if isinstance(node, ast.If) and ast.unparse(node.test).startswith("crash.armed")
            for inner in node.body
            for call in ast.walk(inner)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "crash.armed":
                assert node in guarded, f"{path.name} line {node.lineno}: ask first whether it is armed"


def test_every_verb_of_the_provider_and_every_script_that_writes_has_its_windows() -> None:
    verbs = {name.replace("_", "-") for name, _ in inspect.getmembers(Provider, inspect.isfunction) if name[0] != "_"}
    assert set(VERBS) == verbs - {"aclose"}
    scripts = [path for path in ROOT.glob("s*/**/src/**/lua/*.lua") if path.name != "view.lua"]
    assert len(scripts) > 15
    names = {path.stem.replace("_", "-") for path in scripts}
    assert set(WRITES) <= names
    reading = {path.stem.replace("_", "-") for path in scripts} - set(WRITES)
    assert reading == {"session-recall", "index-candidates", "index-answered", "view-whole", "view-superseded"}
