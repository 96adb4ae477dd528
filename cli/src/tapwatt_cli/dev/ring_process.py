"""One process of the ring: started with its log in a file, waited for until it is ready, stopped or killed."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from collections.abc import Mapping
from pathlib import Path

import aiohttp

from tapwatt.log import LAST_WORDS
from tapwatt_cli.dev.local.processes import Child
from tapwatt_cli.exit_codes import CannotBeDone

LOOK_EVERY_S = 0.1
READY_WITHIN_S = 60.0
LONGEST_SENTENCE = 600


class RingBroken(CannotBeDone):
    """A part of the ring did not start, or ended by itself. The sentence is its own where it left one."""


class RingProcess:
    """A Python module of ours as a process. `ready_url` answers 200 once it works."""

    def __init__(self, name: str, module: str, log: Path, *, env: Mapping[str, str], ready_url: str) -> None:
        self.name, self.log, self.ready_url = name, log, ready_url
        self._child = Child(name, (sys.executable, "-m", module), log, env)
        self._expected = False
        self._said_before = 0

    @property
    def pid(self) -> int | None:
        """Its process id while it runs."""
        return self._child.pid

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._child.alive

    async def start(self) -> None:
        """Start it; its output is appended to its log."""
        with contextlib.suppress(OSError):
            self._said_before = self.log.stat().st_size
        await self._child.start()
        self._expected = True

    async def restart(self) -> None:
        """Start it again, after ending what may be left of it, and wait until it is ready."""
        await self.kill()
        await self.start()
        await self.ready()

    async def ready(self, within_s: float = READY_WITHIN_S) -> None:
        """Wait until it answers that it is ready. RingBroken if it ends before that, or takes too long."""
        said = "nothing yet"
        try:
            async with asyncio.timeout(within_s), aiohttp.ClientSession() as http:
                while True:
                    self._still_there()
                    with contextlib.suppress(aiohttp.ClientError, OSError):
                        async with http.get(self.ready_url) as answer:
                            if answer.status == 200:
                                return
                            said = (await answer.text()).strip()[:200]
                    await asyncio.sleep(LOOK_EVERY_S)
        except TimeoutError:
            raise RingBroken(f"{self.name} was not ready within {within_s:g} s ({said}); see {self.log}") from None

    async def ended(self) -> None:
        """Wait until it ends by itself, and raise RingBroken then. While we have it down, it is waited for."""
        while True:
            self._still_there()
            await asyncio.sleep(LOOK_EVERY_S)

    async def stop(self) -> None:
        """Ask it to end (SIGTERM), and kill it if it does not in time."""
        self._expected = False
        await self._child.stop()

    async def kill(self) -> None:
        """End it at once, as a crash does (SIGKILL)."""
        self._expected = False
        await self._child.kill()

    def _still_there(self) -> None:
        if self._expected and not self._child.alive:
            ended = f"{self.name} ended by itself: {self._child.last_words(1)} (its log: {self.log})"
            raise RingBroken(self.last_sentence() or ended)

    def last_sentence(self) -> str:
        """What it said last in its own name since its start, e.g. `authoriser: Kafka does not answer`; or empty."""
        with contextlib.suppress(OSError):
            lines = self.log.read_bytes()[self._said_before :].decode(errors="replace").splitlines()
            mine = [sentence for line in lines if (sentence := self._sentence(line))]
            return mine[-1][:LONGEST_SENTENCE] if mine else ""
        return ""

    def _sentence(self, line: str) -> str:
        """What a line says in the process's own name: a plain one, or the last words of a log in JSON."""
        if line.startswith(f"{self.name}: "):
            return line
        with contextlib.suppress(ValueError, AttributeError):
            said = json.loads(line)
            if said.get("event") == LAST_WORDS:
                return f"{self.name}: {said.get('reason')}"
        return ""
