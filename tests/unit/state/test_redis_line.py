"""One connection for all scripts: everybody gets their own answer, whoever goes, fails or hangs up meanwhile."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random

import pytest
from redis.asyncio import ConnectionPool
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError, ResponseError

from tapwatt.state.redis_line import RedisLine

_COMMAND = re.compile(rb"\*(\d+)\r\n((?:\$\d+\r\n[^\r]*\r\n)+)")


@dataclass
class ARedis:
    """Answers ECHO with what was said and FAIL with an error; ends at HANGUP, and says nothing more after SILENCE."""

    server: str = "aa"
    writes: list[int] = field(default_factory=list)
    asked_who: int = 0
    port: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while asked := await reader.read(1 << 20):
            commands = [re.findall(rb"\$\d+\r\n([^\r]*)\r\n", body) for _, body in _COMMAND.findall(asked)]
            self.writes.append(sum(command[0] == b"ECHO" for command in commands))
            for command in commands:
                if command[0] == b"HANGUP":
                    writer.close()
                    return
                if command[0] == b"SILENCE":
                    await reader.read()
                    return
                writer.write(self._answer(command))
        writer.close()

    def _answer(self, command: list[bytes]) -> bytes:
        match command[0]:
            case b"INFO":
                self.asked_who += 1
                told = f"# Server\nrun_id:{self.server}\n".encode()
                return b"$%d\r\n%s\r\n" % (len(told), told)
            case b"ECHO":
                return b"$%d\r\n%s\r\n" % (len(command[1]), command[1])
            case b"FAIL":
                return b"-ERR as it was asked\r\n"
            case _:
                return b"+OK\r\n"


@asynccontextmanager
async def a_line(redis: ARedis) -> AsyncIterator[RedisLine]:
    server = await asyncio.start_server(redis.serve, "127.0.0.1", 0)
    redis.port = server.sockets[0].getsockname()[1]
    pool = ConnectionPool(
        host="127.0.0.1", port=redis.port, protocol=2, socket_timeout=0.2, retry=Retry(NoBackoff(), 0)
    )
    line = RedisLine(pool.make_connection, asyncio.create_task)
    async with server:
        yield line
        await line.close()


def says(*words: str) -> Callable[[str], tuple[str, ...]]:
    return lambda server: words


async def test_what_is_asked_in_one_turn_goes_out_in_one_write_and_each_gets_its_own_answer():
    redis = ARedis()
    async with a_line(redis) as line:
        # when hundreds ask at once
        told = await asyncio.gather(*(line.ask(says("ECHO", str(number))) for number in range(300)))
        # then each hears its own word, and Redis was written to once beside the greeting
        assert told == [str(number).encode() for number in range(300)]
        assert [many for many in redis.writes if many] == [300]


async def test_an_error_is_told_to_whoever_caused_it_and_to_nobody_else():
    async with a_line(ARedis()) as line:
        asked = [line.ask(says("FAIL" if number == 3 else "ECHO", str(number))) for number in range(6)]
        told = await asyncio.gather(*asked, return_exceptions=True)
        assert isinstance(told[3], ResponseError)
        assert [one for number, one in enumerate(told) if number != 3] == [b"0", b"1", b"2", b"4", b"5"]


async def test_whoever_is_cancelled_leaves_the_others_with_their_own_answers():
    chance = Random(7)
    async with a_line(ARedis()) as line:
        for _ in range(60):
            # given a crowd of which some go away at any moment
            tasks = [asyncio.create_task(line.ask(says("ECHO", str(number)))) for number in range(20)]
            gone = set(chance.sample(range(20), 8))
            for _ in range(chance.randrange(6)):
                await asyncio.sleep(0)
            for number in gone:
                tasks[number].cancel()
            told = await asyncio.gather(*tasks, return_exceptions=True)
            # then nobody hears another's answer
            for number, answer in enumerate(told):
                assert answer == str(number).encode() or (number in gone and isinstance(answer, asyncio.CancelledError))


async def _hang_up(line: RedisLine) -> object:
    return await line.ask(says("HANGUP"))


async def _fall_silent(line: RedisLine) -> object:
    return await line.ask(says("SILENCE"))


@pytest.mark.parametrize("trouble", [_hang_up, _fall_silent])
async def test_when_the_connection_breaks_all_who_wait_are_told_and_the_next_one_is_answered(
    trouble: Callable[[RedisLine], Awaitable[object]],
):
    async with a_line(ARedis()) as line:
        # given others who wait behind what breaks it
        told = await asyncio.gather(
            line.ask(says("ECHO", "before")),
            trouble(line),
            *(line.ask(says("ECHO", str(number))) for number in range(5)),
            return_exceptions=True,
        )
        # then whoever was answered was, and none of the others is left waiting
        assert told[0] == b"before"
        assert all(isinstance(one, RedisError) for one in told[1:])
        # and the line connects anew
        assert await line.ask(says("ECHO", "after")) == b"after"


async def test_a_connection_that_was_ended_while_nobody_asked_costs_nobody_a_try():
    redis = ARedis()
    async with a_line(redis) as line:
        assert await line.ask(says("ECHO", "one")) == b"one"
        with pytest.raises(RedisError):
            await line.ask(says("HANGUP"))
        assert await line.ask(says("ECHO", "two")) == b"two"
        # given that Redis hangs up after its answer, as it does with clients that are idle
        asked = asyncio.gather(line.ask(says("ECHO", "three")), line.ask(says("HANGUP")), return_exceptions=True)
        assert (await asked)[0] == b"three"
        await asyncio.sleep(0.02)
        assert await line.ask(says("ECHO", "four")) == b"four"


async def test_the_server_is_asked_once_a_connection_and_again_when_it_is_doubted():
    redis = ARedis(server="a1")
    heard: list[str] = []

    def noting(server: str) -> tuple[str, ...]:
        heard.append(server)
        return ("ECHO", server)

    async with a_line(redis) as line:
        for _ in range(3):
            await line.ask(noting)
        assert (heard, redis.asked_who) == (["a1"] * 3, 1)
        # when another server stands behind the same connection
        redis.server = "b2"
        await line.ask(noting)
        assert heard[-1] == "a1"
        line.doubt_the_server()
        await line.ask(noting)
        # then it is known from the next question on
        assert (heard[-1], redis.asked_who) == ("b2", 2)


async def test_whoever_waits_when_it_is_closed_is_told_so():
    async with a_line(ARedis()) as line:
        waiting = asyncio.create_task(line.ask(says("SILENCE")))
        await asyncio.sleep(0.02)
        await line.close()
        with pytest.raises(RedisError, match="was closed"):
            await waiting
