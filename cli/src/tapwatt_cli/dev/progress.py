"""Shows how a day goes, on standard error: a progress bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

from contextlib import AbstractContextManager
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from simulator.stories.day import Played
from tapwatt_cli.dev.demo import Watcher

LINE_EVERY = 10


class OnScreen(Watcher, AbstractContextManager["OnScreen"]):
    """The bar, or the lines. Use it as a context."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bar: Progress | None = None
        if console.is_terminal:
            columns = (
                SpinnerColumn(),
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
            )
            self._bar = Progress(*columns, console=console, transient=True)
        self._task = self._bar.add_task("starting", total=None) if self._bar else None
        self._ended = self._parts = 0

    def __enter__(self) -> OnScreen:
        if self._bar:
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar:
            self._bar.stop()

    def begins(self, parts: int) -> None:
        """The drivers arrive."""
        self._parts = parts
        self._describe("drivers", total=parts)
        self._line(f"{parts} stories begin")

    def played(self, one: Played) -> None:
        """A story has ended."""
        self._ended += 1
        if self._bar and self._task is not None:
            self._bar.advance(self._task)
        if self._ended % LINE_EVERY == 0 or self._ended == self._parts:
            self._line(f"{self._ended} of {self._parts} stories have ended")

    def says(self, what: str) -> None:
        """A line, or what stands beside the bar."""
        self._describe(what)
        self._line(what)

    def _describe(self, what: str, total: int | None = None) -> None:
        if self._bar and self._task is not None:
            if total is None:
                self._bar.update(self._task, description=what)
            else:
                self._bar.update(self._task, description=what, total=total)

    def _line(self, what: str) -> None:
        if not self._bar:
            self._console.print(f"tapwatt: {what}", highlight=False, soft_wrap=True)
