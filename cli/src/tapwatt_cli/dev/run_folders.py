"""The folder of one run: its stores' files and logs, removed with it, unless somebody will want to look at them."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path
from types import TracebackType

import typer

from tapwatt_cli.running import INTERRUPTED, TERMINATED

REMOVE_TRIES = 8
REMOVE_AGAIN_S = 0.25


def run_folder() -> Path:
    """Where runs keep their files: TAPWATT_RUN_DIR, else .run in the current folder."""
    return Path(os.environ.get("TAPWATT_RUN_DIR", ".run")).absolute()


class RunFolder:
    """Use it as a context. It is kept when `keep` is set, and when the run failed; it says where it is then."""

    def __init__(self, name: str, *, keep: bool = False) -> None:
        self.path = run_folder() / f"{name}-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}"
        self.keep = keep

    def __enter__(self) -> RunFolder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self.path.exists():
            return
        asked_to_end = isinstance(error, typer.Exit) and error.exit_code in (INTERRUPTED, TERMINATED)
        if self.keep or not (error is None or asked_to_end):
            typer.echo(f"tapwatt: logs and files are kept in {self.path}", err=True)
        else:
            _remove(self.path)


def _remove(folder: Path) -> None:
    """Remove it, again where a process that was just killed has written a last file."""
    for _ in range(REMOVE_TRIES):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        time.sleep(REMOVE_AGAIN_S)
