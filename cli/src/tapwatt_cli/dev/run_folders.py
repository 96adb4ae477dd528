"""The folder of one run: its stores' files and logs, removed with it, unless somebody will want to look at them."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path
from types import TracebackType

import typer

from tapwatt_cli.dev.local.errors import LocalError
from tapwatt_cli.exit_codes import TERMINATED, NobodyReads

REMOVE_TRIES = 8
REMOVE_AGAIN_S = 0.25


def run_folder() -> Path:
    """Where runs keep their files: TAPWATT_RUN_DIR, else .run in the current folder."""
    return Path(os.environ.get("TAPWATT_RUN_DIR", ".run")).absolute()


class RunFolder:
    """Use it as a context. It is kept when `keep` is set, and when the run failed; it says where it is then.

    `chosen` is one that somebody has chosen for it: it has to be empty or not there yet, and is kept.
    """

    def __init__(self, name: str, *, keep: bool = False, chosen: Path | None = None) -> None:
        self.path = run_folder() / f"{name}-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}"
        self.keep = keep or chosen is not None
        if chosen is not None:
            _require_empty(chosen)
            self.path = chosen.absolute()

    def __enter__(self) -> RunFolder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self.path.exists():
            return
        told_to_end = isinstance(error, typer.Exit) and error.exit_code == TERMINATED
        asked_to_end = told_to_end or isinstance(error, KeyboardInterrupt | NobodyReads)
        if self.keep or not (error is None or asked_to_end):
            typer.echo(f"tapwatt: logs and files are kept in {self.path}", err=True)
        else:
            _remove(self.path)


def _require_empty(folder: Path) -> None:
    """LocalError unless files of a run can be put there, and nothing else is there."""
    if folder.exists() and not folder.is_dir():
        raise LocalError(f"{folder} is not a folder: choose one that is empty or not there yet")
    if folder.exists() and any(folder.iterdir()):
        raise LocalError(f"{folder} is not empty: choose a folder that is empty or not there yet")


def _remove(folder: Path) -> None:
    """Remove it, again where a process that was just killed has written a last file."""
    for _ in range(REMOVE_TRIES):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        time.sleep(REMOVE_AGAIN_S)
