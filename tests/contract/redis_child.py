"""A Redis of the tests' own: a child process on a socket file, which may be killed and started again."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from tapwatt_local.redis_server import find_redis


class RedisChild:
    """Writes an append-only file every second, as production does."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="tapwatt-redis-"))
        self._socket = self._folder / "redis.sock"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"unix://{self._socket}"

    def start(self) -> None:
        settings = {"port": "0", "unixsocket": str(self._socket), "dir": str(self._folder), "save": "",
                    "appendonly": "yes", "appendfsync": "everysec", "maxmemory-policy": "noeviction"}  # fmt: skip
        command = [str(find_redis()[0]), *(word for name, value in settings.items() for word in (f"--{name}", value))]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT)
        end = time.monotonic() + 10
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"{command[0]} did not start: run it by hand with {' '.join(command[1:])}")
            time.sleep(0.02)

    def kill(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        self._socket.unlink(missing_ok=True)

    def remove(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as line:
            try:
                line.connect(str(self._socket))
                line.sendall(b"PING\r\n")
                return line.recv(64).startswith(b"+PONG")
            except OSError:
                return False
