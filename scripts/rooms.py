"""The rooms of the code and the arrows between them, as the imports have it: a diagram, and how large each room is.

python -m scripts.rooms            # each room with its modules and lines, and the story of a session
python -m scripts.rooms --json     # the same for scripts
"""

from __future__ import annotations

import argparse
import ast
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[1]

ROOMS: dict[str, tuple[str, ...]] = {
    "cli": ("tapwatt_cli.app", "tapwatt_cli.dev", "tapwatt_cli.ops", "tapwatt_cli.prices", "tapwatt_cli"),
    "simulator": ("simulator.stories", "simulator.fleet", "simulator.provider", "simulator"),
    "services": ("authoriser", "token_matcher", "tariff", "capturer"),
    "watch": ("tapwatt_watch.exporter", "tapwatt_watch.kafka", "tapwatt_watch"),
    "receipts": ("receipts",),
    "pricing": ("pricing.sheet", "pricing.checking", "pricing.engine", "pricing.ocpi", "pricing"),
    "shared": (
        "tapwatt.wiring",
        "tapwatt.testing",
        "tapwatt.answer_once",
        "tapwatt.worker.kafka",
        "tapwatt.worker",
        "tapwatt.provider.ccv",
        "tapwatt.provider",
        "tapwatt.state",
        "tapwatt.facts",
        "tapwatt",
    ),
}
"""The rooms of each folder, from the roof down; a module belongs to the first that it is in."""

ELSEWHERE = {"tapwatt_cli.__main__": "tapwatt_cli.app", "tapwatt_watch.__main__": "tapwatt_watch.exporter"}
"""Modules whose place in a package says another room than their purpose."""

LABEL = {
    "tapwatt": "money, tariffs, errors, clock, retry, log, metrics, settings",
    "tapwatt_cli": "console, running",
    "tapwatt_cli.app": "the menu",
    "simulator": "its program",
    "tapwatt.provider.ccv": "ccv",
    "tapwatt.worker.kafka": "worker.kafka",
}
"""What stands in the diagram where a room's last name does not say enough."""

STORY = (
    "shared/src/tapwatt/facts/events.py",
    "services/authoriser/src/authoriser/agent.py",
    "services/authoriser/src/authoriser/agreement.py",
    "services/authoriser/src/authoriser/holds.py",
    "services/authoriser/src/authoriser/decide.py",
    "services/tariff/src/tariff/agent.py",
    "services/tariff/src/tariff/decide.py",
    "services/capturer/src/capturer/agent.py",
    "services/capturer/src/capturer/decide.py",
    "shared/src/tapwatt/answer_once.py",
)
"""From SessionRequested to Captured."""

UNKNOWN = tuple(
    f"shared/src/tapwatt/{name}.py"
    for name in (
        "provider/port",
        "provider/gateway",
        "provider/unknown_outcomes",
        "provider/polling",
        "provider/webhook_hints",
        "retry",
        "state/session_store",
        "facts/packed_event",
        "facts/codec",
    )
)
"""What makes "unknown" known and remembers what was said."""

CORES = (STORY[0], *(f"services/{s}/src/{s.replace('-', '_')}/decide.py" for s in
                     ("authoriser", "token-matcher", "tariff", "capturer")))  # fmt: skip
"""What a newcomer reads first."""


@dataclass(slots=True)
class Room:
    """A room: how many modules and lines it has, and which rooms it imports from."""

    folder: str
    modules: int = 0
    lines: int = 0
    uses: set[str] = field(default_factory=set)


def rooms() -> dict[str, Room]:
    """Every room that has a module, by name."""
    found = {name: Room(folder) for folder, names in ROOMS.items() for name in names}
    for module, path in _modules():
        text = path.read_text(encoding="utf-8")
        room = found[room_of(module)]
        room.modules += 1
        room.lines += len(text.splitlines())
        room.uses |= {room_of(name) for name in _imports(ast.parse(text)) if name.split(".")[0] in _TOPS}
    for name, room in found.items():
        room.uses.discard(name)
    return {name: room for name, room in found.items() if room.modules}


_TOPS = {name.split(".")[0] for names in ROOMS.values() for name in names}


def room_of(module: str) -> str:
    """The room that a module is in. StopIteration never comes: every top package is a room."""
    if module in ELSEWHERE:
        return ELSEWHERE[module]
    every = (name for names in ROOMS.values() for name in names)
    return next(name for name in every if module == name or module.startswith(name + "."))


def _modules() -> Iterable[tuple[str, Path]]:
    for source in sorted({*ROOT.glob("*/src"), *ROOT.glob("services/*/src")}):
        for path in sorted(source.rglob("*.py")):
            name = ".".join(path.relative_to(source).with_suffix("").parts)
            yield name.removesuffix(".__init__"), path


def _imports(tree: ast.Module) -> Iterable[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def shortest(uses: Mapping[str, set[str]]) -> dict[str, set[str]]:
    """The arrows that no other arrows say already, so that the picture can be read."""

    def reach(name: str, way: tuple[str, ...] = ()) -> set[str]:
        if name in way:
            raise ValueError(f"rooms go round in a circle: {' -> '.join((*way, name))}")
        return {far for near in uses[name] for far in {near} | reach(near, (*way, name))}

    return {
        name: {one for one in near if not any(one in reach(other) for other in near - {one})}
        for name, near in uses.items()
    }


def page() -> str:
    """docs/rooms.md: the diagram, made from the imports."""
    found = {name: room for name, room in rooms().items() if room.lines > 1}
    arrows = shortest({name: room.uses for name, room in found.items()})
    drawn = ["```mermaid", "flowchart TD"]
    for folder, names in ROOMS.items():
        drawn.append(f'  subgraph in_{folder}["{folder}/"]')
        drawn += [f'    {_id(name)}["{LABEL.get(name, name.split(".")[-1])}"]' for name in names if name in found]
        drawn.append("  end")
    drawn += [f"  {_id(name)} --> {_id(used)}" for name in found for used in sorted(arrows[name])]
    drawn.append("```")
    return "\n".join(
        [
            "# The rooms",
            "",
            "Who imports whom, made from the code by `make contracts`. An arrow that others say already is left out.",
            "No arrow runs back up: import-linter holds that (`pyproject.toml`). `make rooms` prints how large each",
            "is. What each room is for stands in [ARCHITECTURE.md](../ARCHITECTURE.md#the-map).",
            "",
            *drawn,
            "",
        ]
    )


def _id(name: str) -> str:
    return name.replace(".", "_")


def measured(names: Iterable[str]) -> tuple[int, int]:
    """How many files, and lines in all."""
    lines = [len((ROOT / name).read_text(encoding="utf-8").splitlines()) for name in names]
    return len(lines), sum(lines)


def main() -> None:
    """Print how large the rooms are, and the story."""
    parser = argparse.ArgumentParser(prog="python -m scripts.rooms", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--json", action="store_true", help="one JSON document")
    found = rooms()
    story = {
        "facts and the four cores": measured(CORES),
        "SessionRequested -> Captured": measured(STORY),
        "with what makes 'unknown' known": measured((*STORY, *UNKNOWN)),
    }
    if parser.parse_args().json:
        sizes = {name: {"modules": room.modules, "lines": room.lines} for name, room in found.items()}
        print(json.dumps({"rooms": sizes, "story": {what: list(size) for what, size in story.items()}}, indent=2))
        return
    for name, room in found.items():
        print(f"{name:<24}{room.modules:>4} modules {room.lines:>6} lines")
    print(
        f"{'in all':<24}{sum(r.modules for r in found.values()):>4} modules {sum(r.lines for r in found.values()):>6}"
    )
    for what, (files, lines) in story.items():
        print(f"{what}: {files} files, {lines} lines")


if __name__ == "__main__":
    main()
