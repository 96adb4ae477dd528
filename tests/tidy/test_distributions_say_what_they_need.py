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
    "fpdf": "fpdf2",
    "opentelemetry.exporter": "opentelemetry-exporter-otlp-proto-http",
    "opentelemetry.sdk": "opentelemetry-sdk",
    "opentelemetry.trace": "opentelemetry-api",
}
NOT_IMPORTED = {"tzdata"}
"""Needed at run time without an import: where the system has no time zones."""
STARTED = {"tapwatt-authoriser", "tapwatt-token-matcher", "tapwatt-tariff", "tapwatt-capturer", "tapwatt-watch"}
"""What the developer's extra of the command starts as processes, without importing it."""
ONLY_IN_AN_EXTRA: dict[str, dict[str, set[str]]] = {
    "shared": {
        "service": {
            "worker", "provider", "state", "testing", "wiring", "log.py", "settings.py", "metrics", "answer_once.py"
        },
        "traces": {"wiring/tracing.py"},
    },
    "receipts": {"pdf": {"factur_x.py"}},
    "cli": {"pdf": {"ops/invoice_pdf.py"}, "provider": {"ops/service_parts.py"}, "dev": {"dev"}},
    "watch": {"exporter": {"exporter", "__main__.py"}},
}  # fmt: skip
"""The rooms of a distribution that need an extra of it; each one needs those before it, too."""


def imported(paths: Iterable[Path], own: set[str]) -> set[str]:
    names = set()
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {_top(alias.name) for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names.add(_top(node.module))
    third = names - own - set(sys.stdlib_module_names)
    return {PACKAGE_OF.get(name, name.replace("_", "-")) for name in third}


def _top(module: str) -> str:
    """What an import is of: OpenTelemetry's distributions share a package."""
    parts = module.split(".")
    return ".".join(parts[:2]) if parts[0] == "opentelemetry" else parts[0]


def named(dependencies: Iterable[str]) -> set[str]:
    return {re.split(r"[\[<>=;~! ]", dependency)[0] for dependency in dependencies}


def test_all_ten_distributions_are_looked_at() -> None:
    assert len(DISTRIBUTIONS) == 10


@pytest.mark.parametrize("folder", DISTRIBUTIONS, ids=lambda folder: folder.name)
def test_what_is_imported_is_declared_and_nothing_else(folder: Path) -> None:
    project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = ONLY_IN_AN_EXTRA.get(folder.name, {})
    [package] = (path for path in (folder / "src").iterdir() if path.is_dir())
    every = list(package.rglob("*.py"))
    rooms = {path: _extra_of(path.relative_to(package), extras) for path in every}
    needed = named(project["dependencies"])
    plain = [path for path, extra in rooms.items() if extra == ""]
    assert needed - NOT_IMPORTED == imported(plain, {package.name})
    for extra in extras:
        plain += [path for path, of in rooms.items() if of == extra]
        needed |= named(project["optional-dependencies"][extra])
        assert needed - NOT_IMPORTED - STARTED == imported(plain, {package.name}) - STARTED
    assert set(project.get("optional-dependencies", {})) == set(extras)


def _extra_of(path: Path, extras: dict[str, set[str]]) -> str:
    """The extra whose room a module is in; the narrowest counts."""
    for extra in reversed(extras):
        if {path.parts[0], path.as_posix()} & extras[extra]:
            return extra
    return ""
