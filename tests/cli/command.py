"""Runs the command in the conditions that people and scripts run it in, and says what came of it."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import struct
import subprocess
import sys
import termios
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.cli.forking import CLOSED

ROOT = Path(__file__).parents[2]
FULL = "/dev/full"
TERMINAL = "a terminal"
FILE = "a file"
__all__ = ["CLOSED", "FILE", "FULL", "TERMINAL", "Done", "Forks"]


@dataclass(frozen=True, slots=True)
class Done:
    """How a command ended, and what it said: on a terminal with everything that is meant for a terminal."""

    code: int
    out: str
    err: str


class Running:
    """A command at work."""

    def __init__(self, forks: Forks, pid: int, out: Path | None, err: Path, screen: Screen | None) -> None:
        self.pid, self._forks, self._out, self._err, self._screen = pid, forks, out, err, screen

    def ended(self) -> Done:
        """Wait for its end."""
        code = self._forks.wait(self.pid)
        out = self._screen.text() if self._screen else self._out.read_text() if self._out else ""
        return Done(code, out, self._err.read_text())

    def said(self) -> str:
        """What stands on standard error so far."""
        return self._err.read_text()

    def interrupt(self) -> None:
        """Ctrl-C."""
        os.kill(self.pid, 2)


class Screen:
    """A terminal that is so wide; what is written to it is read at once, or its writer would wait."""

    def __init__(self, columns: int) -> None:
        self._ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        self.path, self._theirs, self._read = os.ttyname(theirs), theirs, b""
        self._reader = threading.Thread(target=self._follow)
        self._reader.start()

    def _follow(self) -> None:
        try:
            while more := os.read(self._ours, 65536):
                self._read += more
        except OSError:  # it has been hung up: nobody has it open any more
            return

    def text(self) -> str:
        """All that was written, once nobody writes any more."""
        os.close(self._theirs)
        self._reader.join()
        os.close(self._ours)
        return self._read.decode().replace("\r\n", "\n")


class Forks:
    """Starts commands from a process that has everything loaded (`forking.py`)."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._count = folder, 0
        self._server = subprocess.Popen(
            [sys.executable, "-m", "tests.cli.forking"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def start(
        self,
        *arguments: str,
        to: str = FILE,
        columns: int = 120,
        stdin: str = os.devnull,
        interrupt_at_call: int = 0,
        **environment: str,
    ) -> Running:
        """Begin it. `to` is where its output goes; `columns` is how wide that is."""
        self._count += 1
        out, err = (self._folder / f"{self._count}.{name}" for name in ("out", "err"))
        out.touch()
        err.touch()
        screen = Screen(columns) if to == TERMINAL else None
        wide = {} if screen else {"COLUMNS": str(columns)}
        order = {
            "arguments": arguments,
            "environment": {
                **_plain_environment(),
                "TAPWATT_RUN_DIR": str(self._folder / "run"),
                **wide,
                **environment,
            },
            "stdin": stdin,
            "stdout": screen.path if screen else str(out) if to == FILE else to,
            "stderr": str(err),
            "interrupt_at_call": interrupt_at_call,
        }
        return Running(self, self._ask(order), out if to == FILE else None, err, screen)

    def run(self, *arguments: str, **conditions: Any) -> Done:
        """Run it to its end."""
        return self.start(*arguments, **conditions).ended()

    def wait(self, pid: int) -> int:
        """The exit code of one that was started; less than 0 if a signal ended it."""
        return self._ask({"wait": pid})

    def close(self) -> None:
        """No more is started."""
        assert self._server.stdin is not None
        self._server.stdin.close()
        self._server.wait(10)

    def _ask(self, order: dict[str, Any]) -> int:
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._server.stdin.write(json.dumps(order) + "\n")
        self._server.stdin.flush()
        return int(self._server.stdout.readline())


def _plain_environment() -> dict[str, str]:
    """What is needed, and nothing that changes what is shown."""
    kept = {"PATH", "HOME", "LANG", "XDG_CACHE_HOME", "TAPWATT_CACHE", "JAVA_HOME"}
    return {"TERM": "xterm-256color"} | {name: text for name, text in os.environ.items() if name in kept}
