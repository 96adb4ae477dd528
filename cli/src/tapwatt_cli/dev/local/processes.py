"""A child process: its log in a file, waited for until it answers, stopped by its id, never left behind."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import secrets
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

from tapwatt_cli.dev.local.errors import LocalError
from tapwatt_cli.dev.local.listening import who_listens

_PR_SET_PDEATHSIG = 1
# Looked up before any fork: between fork and exec a child of a threaded program may not load libraries.
_prctl = ctypes.CDLL(None).prctl if sys.platform == "linux" else None

_PORTS = range(20_000, 32_000)
"""Below every system's ephemeral range. A client that keeps dialling a dead broker on an ephemeral port can be given
that very port as its own end, talk to itself, and so keep the broker from ever coming back."""
_TRIES = 100


def free_ports(count: int, host: str = "127.0.0.1") -> list[int]:
    """Ports that nobody listens on at this moment."""
    with contextlib.ExitStack() as held:
        return [_hold_a_port(held, host) for _ in range(count)]


def _hold_a_port(held: contextlib.ExitStack, host: str) -> int:
    for _ in range(_TRIES):
        probe = held.enter_context(socket.socket())
        with contextlib.suppress(OSError):
            probe.bind((host, secrets.choice(_PORTS)))
            return int(probe.getsockname()[1])
    raise LocalError(f"no free port was found between {_PORTS.start} and {_PORTS.stop}: stop what holds them")


def require_free(port: int, setting: str, host: str = "127.0.0.1") -> None:
    """LocalError if somebody listens on the port: who, where the system tells, and which setting chooses another."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            who = who_listens(port)
            stop = f"stop {who}," if who else "stop what listens there,"
            raise LocalError(
                f"port {port} is busy ({error.strerror}): {stop} or choose another with {setting}"
            ) from None


def _die_with_parent(parent: int) -> None:
    """On Linux the kernel kills the child when its parent ends, however it ends. Elsewhere an orderly end must do."""
    if _prctl is not None:
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # the parent ended before we asked
            os._exit(1)


class Child:
    """A process of a program. Its output is appended to its log."""

    def __init__(self, name: str, argv: Sequence[str], log: Path, env: Mapping[str, str] | None = None) -> None:
        self.name = name
        self.log = log
        self._argv = list(argv)
        self._env = {**os.environ, **(env or {})}
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int | None:
        """Its process id while it runs."""
        return self._process.pid if self._process is not None and self.alive else None

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._process is not None and self._process.returncode is None

    async def start(self) -> None:
        """Start it, in a group of its own so that Ctrl-C reaches only us and we stop things in order.

        Its parent is, to the kernel, the thread that starts it: that thread has to live as long as the child should.
        """
        if self.alive:
            raise LocalError(f"{self.name} runs already: stop it before it is started again")
        parent = os.getpid()
        try:
            with self.log.open("ab") as log:
                self._process = await asyncio.create_subprocess_exec(
                    *self._argv,
                    env=self._env,
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                    preexec_fn=lambda: _die_with_parent(parent),
                )
        except OSError as error:
            raise LocalError(f"{self.name} could not be started ({error.strerror}: {error.filename})") from None

    async def wait_ready(self, check: Callable[[], Awaitable[bool]], timeout_s: float) -> None:
        """Wait until it answers. LocalError with the end of its log if it ends before, or does not answer in time."""
        loop = asyncio.get_running_loop()
        end = loop.time() + timeout_s
        while not await check():
            if not self.alive:
                raise LocalError(f"{self.name} ended at its start: {self.last_words()} (its log: {self.log})")
            if loop.time() > end:
                await self.kill()
                raise LocalError(f"{self.name} did not answer within {timeout_s:g} s: {self.last_words()} ({self.log})")
            await asyncio.sleep(0.05)

    async def wait(self) -> int:
        """Wait until it ends by itself; its exit status. LocalError if it was never started."""
        if self._process is None:
            raise LocalError(f"{self.name} was never started, so its end cannot be waited for")
        return await self._process.wait()

    async def stop(self, within_s: float = 15.0) -> None:
        """Ask it to end, and kill it if it has not by then."""
        if self._process is None or not self.alive:
            return
        with contextlib.suppress(ProcessLookupError):
            self._process.terminate()
        try:
            async with asyncio.timeout(within_s):
                await self._process.wait()
        except TimeoutError:
            await self.kill()

    async def kill(self) -> None:
        """End it at once, as a crash would."""
        if self._process is None or not self.alive:
            return
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()

    def last_words(self, lines: int = 3) -> str:
        """The last lines of its log, in one."""
        try:
            said = self.log.read_text(errors="replace").strip().splitlines()
        except OSError:
            said = []
        return " / ".join(said[-lines:])[-600:] or "it said nothing"
