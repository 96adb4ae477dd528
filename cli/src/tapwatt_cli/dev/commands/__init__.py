"""The developer's commands, one module each, and where they are put on the menu."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tapwatt_cli.dev.commands import demo, replay, up
from tapwatt_cli.dev.machine import examine
from tapwatt_cli.dev.run_folders import run_folder
from tapwatt_cli.ops.findings import Finding

COMMANDS: tuple[Callable[..., None], ...] = (demo.demo, up.up, replay.replay)


def machine() -> Iterator[Finding]:
    """What the doctor looks at beside Python."""
    return examine(run_folder())
