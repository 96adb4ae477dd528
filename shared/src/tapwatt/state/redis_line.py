"""One connection to Redis that a process's scripts share: what is asked meanwhile goes out together, in one write.

A pool gives each call a connection of its own, its own write and its own wake-up: most of what a small script costs is
that (docs/adr/0017). Redis runs one script at a time whatever we do, so one connection loses nothing. redis-py still
connects, lets itself in, and packs and reads what goes over the wire.

A connection cannot outlive its server, so the server's run id is asked once a connection, and said with each call.
"""

from __future__ import annotations

import asyncio
import re
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, NamedTuple

from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError

Command = Callable[[str], Sequence[str | bytes | int]]
"""What is asked, given the run id of the server that it is asked of; '' where the server does not tell it."""

Connection = Any
"""One of redis-py's asynchronous connections, whose types are not published."""

Start = Callable[[Coroutine[Any, Any, None]], "asyncio.Task[None]"]
"""Starts a task that has a parent."""

MOST_AT_ONCE = 512
"""So many commands go out before their answers are read: neither side has to hold more."""

_RUN_ID = re.compile(rb"run_id:([0-9a-f]+)")


class _Call(NamedTuple):
    command: Command
    answer: asyncio.Future[Any]


class RedisLine:
    """`ask` may be awaited by any number of tasks. It connects when first asked, and anew after anything went wrong.

    What goes wrong with the connection fails every call that has no answer yet, as the outcome of each is unknown.
    `connect` makes a connection that is not connected yet, with its own limits of time. `start` starts a task while
    anything is asked; however that task ends, whoever waits is told.
    """

    def __init__(self, connect: Callable[[], Connection], start: Start) -> None:
        self._connect = connect
        self._start = start
        self._connection: Connection | None = None
        self._server: str | None = None
        self._waiting: deque[_Call] = deque()
        self._carrying: asyncio.Task[None] | None = None

    async def ask(self, command: Command) -> Any:
        """The answer to one command. ResponseError is Redis' own word, another RedisError the connection's trouble."""
        call = _Call(command, asyncio.get_running_loop().create_future())
        self._waiting.append(call)
        if self._carrying is None:
            self._carrying = self._start(self._carry())
        return await call.answer

    def doubt_the_server(self) -> None:
        """Ask again which server this is: a proxy may have put another one behind the same connection."""
        self._server = None

    async def close(self) -> None:
        """End the connection; whoever still waits is told so."""
        if self._carrying is not None:
            self._carrying.cancel()
            await asyncio.gather(self._carrying, return_exceptions=True)
        await self._drop()

    async def _carry(self) -> None:
        """Send what waits and hand out the answers, again and again, until nothing waits."""
        sent: deque[_Call] = deque()
        try:
            while self._waiting:
                while self._waiting and len(sent) < MOST_AT_ONCE:
                    call = self._waiting.popleft()
                    if not call.answer.done():  # whoever asked has gone
                        sent.append(call)
                await self._carry_these(sent)
        except BaseException as error:
            await self._drop()
            why = error if isinstance(error, Exception) else RedisConnectionError("the connection was closed")
            _fail([*sent, *self._waiting], why)
            self._waiting.clear()
            if not isinstance(error, Exception):
                raise
        finally:
            self._carrying = None

    async def _carry_these(self, sent: deque[_Call]) -> None:
        if not sent:
            return
        connection = self._connection
        if connection is not None and _hung_up(connection):
            await self._drop()
            connection = None
        if connection is None:
            connection = self._connection = self._connect()
            await connection.connect()
            self._server = None
        if self._server is None:
            self._server = await _run_id(connection)
        server = self._server
        packed = connection.pack_commands([call.command(server) for call in sent])
        await connection.send_packed_command(packed, check_health=False)
        while sent:
            answer: Any
            try:
                answer = await connection.read_response()
            except ResponseError as said:
                answer = said
            call = sent.popleft()
            if call.answer.done():
                continue
            if isinstance(answer, ResponseError):
                call.answer.set_exception(answer)
            else:
                call.answer.set_result(answer)

    async def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.disconnect(nowait=True)


def _hung_up(connection: Connection) -> bool:
    """Whether Redis has ended the connection since it was last used: nothing is lost where that is seen in time."""
    reader = connection._reader
    return reader is None or bool(reader.at_eof())


async def _run_id(connection: Connection) -> str:
    await connection.send_command("INFO", "server", check_health=False)
    try:
        told = await connection.read_response()
    except ResponseError:
        return ""  # it may not be asked: the scripts ask it themselves, and say so if they may not either
    found = _RUN_ID.search(told) if isinstance(told, bytes) else None
    return found.group(1).decode() if found else ""


def _fail(calls: Sequence[_Call], error: Exception) -> None:
    for call in calls:
        if not call.answer.done():
            call.answer.set_exception(error)
