"""Says which program listens on a port, so that a busy port can be told with a name."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

_LISTEN = "0A"
"""The state of a listening socket in the kernel's tables (proc_net_tcp in the Linux documentation)."""


def who_listens(port: int, proc: Path = Path("/proc")) -> str:
    """`java, process 4711`; empty where the kernel does not tell, as on other systems or of other users' programs."""
    sockets = {f"socket:[{inode}]" for table in ("tcp", "tcp6") for inode in _listening(proc / "net" / table, port)}
    if not sockets:
        return ""
    for process in proc.glob("[0-9]*"):
        with suppress(OSError):  # it may have ended by now, or be another user's
            if any(str(one.readlink()) in sockets for one in (process / "fd").iterdir()):
                return f"{(process / 'comm').read_text().strip()}, process {process.name}"
    return ""


def _listening(table: Path, port: int) -> list[str]:
    try:
        rows = [line.split() for line in table.read_text().splitlines()[1:]]
    except OSError:
        return []
    return [row[9] for row in rows if row[3] == _LISTEN and int(row[1].rpartition(":")[2], 16) == port]
