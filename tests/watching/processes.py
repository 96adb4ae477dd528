"""Starts Prometheus or Alertmanager as a child process on a port of this machine, and ends it with the block."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

from tapwatt.errors import TapwattError
from tapwatt_cli.dev.local.processes import Child, free_ports

HOST = "127.0.0.1"
UP_WITHIN_S = 60.0


class NotHere(TapwattError):
    """Prometheus or Alertmanager is not installed."""


@asynccontextmanager
async def started(program: str, folder: Path, arguments: Sequence[str]) -> AsyncIterator[str]:
    """The address (http://host:port) once it is ready. Its log is in the folder."""
    if shutil.which(program) is None:
        raise NotHere(f"{program} is not here: bash scripts/prometheus.sh gets it, and what belongs to it")
    [port] = free_ports(1, HOST)
    address = f"http://{HOST}:{port}"
    command = (program, *arguments, f"--web.listen-address={HOST}:{port}")
    child = Child(program, command, folder / f"{program}.log")
    try:
        await child.start()
        async with aiohttp.ClientSession() as http:

            async def is_ready() -> bool:
                try:
                    async with http.get(f"{address}/-/ready") as answer:
                        return answer.status == 200
                except aiohttp.ClientError:
                    return False

            await child.wait_ready(is_ready, UP_WITHIN_S)
        yield address
    finally:
        await child.stop()
