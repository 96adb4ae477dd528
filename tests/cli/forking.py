"""A process that has loaded the command and forks one that runs it for each line it is told: a start in milliseconds.

Each line on standard input is a JSON object (`Order` in `command.py`), each answer a line: the child's process id.
The child runs `main` as the installed script does. Everything that loading brings is shown by real processes beside.
"""

from __future__ import annotations

import io
import json
import os
import signal
import sys
from types import FrameType
from typing import Any

from tapwatt_cli.__main__ import main

CLOSED = "closed"


def serve() -> None:
    """Fork for each order until there are no more; a child's exit code is told by a line of its own."""
    for line in sys.stdin:
        order = json.loads(line)
        if "wait" in order:
            _, status = os.waitpid(order["wait"], 0)
            print(os.waitstatus_to_exitcode(status), flush=True)
            continue
        child = os.fork()
        if child == 0:
            _child(order)
        print(child, flush=True)


def _child(order: dict[str, Any]) -> None:
    os.setsid()
    os.environ.clear()
    os.environ.update(order["environment"])
    for fd, name in enumerate((order["stdin"], order["stdout"], order["stderr"])):
        _put(fd, name)
    sys.stdin, sys.stdout, sys.stderr = (
        io.TextIOWrapper(open(fd, mode, closefd=False), encoding="utf-8", line_buffering=os.isatty(fd))  # noqa: SIM115
        for fd, mode in ((0, "rb"), (1, "wb"), (2, "wb"))
    )
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.argv = ["tapwatt", *order["arguments"]]
    if order["interrupt_at_call"]:
        _interrupt_at_call(order["interrupt_at_call"])
    try:
        main()
    except SystemExit as end:
        os._exit(end.code if isinstance(end.code, int) else 1)
    except BaseException:  # noqa: BLE001 - as Python itself would end it
        sys.excepthook(*sys.exc_info())
        sys.stderr.flush()
    os._exit(1)


def _put(fd: int, name: str) -> None:
    """The file on this descriptor; `closed` is a pipe that nobody reads any more."""
    if name == CLOSED:
        reads, writes = os.pipe()
        os.close(reads)
        opened = writes
    else:
        opened = os.open(name, os.O_RDONLY if fd == 0 else os.O_RDWR | os.O_APPEND)
    os.dup2(opened, fd)
    os.close(opened)


def _interrupt_at_call(nth: int) -> None:
    """Ctrl-C as the n-th function is called: a moment that is the same in every run."""
    left = nth

    def called(_frame: FrameType, what: str, _of: object) -> None:
        nonlocal left
        left -= what == "call"
        if left == 0:
            sys.setprofile(None)
            os.kill(os.getpid(), signal.SIGINT)

    sys.setprofile(called)


if __name__ == "__main__":
    serve()
