"""Who changes something, and where that is written down: on standard error, and in the machine's own log."""

from __future__ import annotations

import getpass
import socket
import sys
import syslog
from contextlib import suppress

from tapwatt_cli.console import printable


def login() -> str:
    """The name of who is logged in here, with the machine's: anna@ops-1."""
    try:
        name = getpass.getuser()
    except (OSError, KeyError):  # a container's user need not have a name
        name = "nobody-known"
    return f"{name}@{socket.gethostname()}"


def log_change(by: str, where: str, what: str) -> None:
    """Write down that `by` did `what` (in the past tense) at `where`. What cannot be written there stops nothing."""
    said = printable(f"{by} {what} at {where}")
    sys.stderr.write(f"tapwatt: logged: {said}\n")
    with suppress(OSError):
        syslog.openlog("tapwatt", syslog.LOG_PID, syslog.LOG_USER)
        syslog.syslog(syslog.LOG_NOTICE, said)
