"""A server of this folder as a child process: started, stopped, killed as by a crash, and started again on its data."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Self

from tapwatt_cli.dev.local.errors import LocalError
from tapwatt_cli.dev.local.processes import Child


class Embedded(ABC):
    """Use it as `async with`. What is common to Kafka and Redis: only how each is set up and asked differs."""

    name: str
    start_within_s: float

    def __init__(self) -> None:
        self._child: Child | None = None

    @property
    def pid(self) -> int | None:
        """Its process id while it runs."""
        return self._child.pid if self._child is not None else None

    @abstractmethod
    async def _prepared(self) -> Child:
        """The process, ready to be started. LocalError in one sentence if it cannot be."""

    @abstractmethod
    async def _answers(self) -> bool:
        """Whether the server does its work."""

    async def start(self) -> None:
        """Start; returns when it answers. LocalError in one sentence if it cannot."""
        self._child = await self._prepared()
        await self.restart()

    async def restart(self) -> None:
        """Start it again on the same port and data."""
        child = self._known("started again")
        await child.start()
        await child.wait_ready(self._answers, self.start_within_s)

    async def ended(self) -> None:
        """Wait until it ends, and raise LocalError with its last words then."""
        child = self._known("waited for")
        await child.wait()
        raise LocalError(f"{self.name} ended by itself: {child.last_words(1)} (its log: {child.log})")

    async def stop(self) -> None:
        """Stop it in peace."""
        if self._child is not None:
            await self._child.stop()

    async def kill(self) -> None:
        """Kill it, as a crash would."""
        if self._child is not None:
            await self._child.kill()

    def _known(self, what: str) -> Child:
        if self._child is None:
            raise LocalError(f"{self.name} was never started, so it cannot be {what}")
        return self._child

    async def __aenter__(self) -> Self:
        try:
            await self.start()
        except BaseException:
            await self.kill()
            raise
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.stop()
