"""Redis in trouble, in our words: one sentence, bounded in time, and no password in it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from pydantic import ValidationError

from tapwatt.errors import BadSettings, Unavailable
from tapwatt.state.redis_client import LuaScript, RedisAway, RedisClient, RedisSettings

Answer = Callable[[bytes], bytes | None]
"""What a Redis says to a command; None says nothing at all."""


@asynccontextmanager
async def a_redis_that_says(answer: Answer, heard: list[bytes] | None = None) -> AsyncIterator[str]:
    """The URL of a server that answers every command so."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while asked := await reader.read(65536):
            if heard is not None:
                heard.append(asked)
            for command in asked.split(b"*")[1:]:
                said = b"+OK\r\n" if b"CLIENT" in command or b"SELECT" in command else answer(command)
                if said is not None:
                    writer.write(said)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"redis://u:hush@127.0.0.1:{server.sockets[0].getsockname()[1]}/0"


async def with_client(url: str, do: Callable[[RedisClient], Awaitable[object]], **also) -> object:
    settings = RedisSettings(url=url, **{"timeout_s": 0.1, "connect_timeout_s": 0.2, "tries": 2, **also})
    client = RedisClient(settings)
    try:
        return await do(client)
    finally:
        await client.close()


async def run_a_script(client: RedisClient) -> object:
    return await client.run(LuaScript.of("return 1"), ("k",), lambda server: ("v",))


async def test_a_redis_that_is_not_there_is_unavailable_in_one_sentence():
    with pytest.raises(Unavailable, match=r"^Redis at 127\.0\.0\.1:1 cannot be used now \(\w+\)$") as told:
        await with_client("redis://u:hush@127.0.0.1:1/0", run_a_script)
    assert "hush" not in str(told.value)


async def test_a_redis_that_never_answers_is_asked_as_often_as_settings_say_and_no_more():
    heard: list[bytes] = []
    begun = asyncio.get_running_loop().time()
    async with a_redis_that_says(lambda command: None if b"EVALSHA" in command else b"+OK\r\n", heard) as url:
        with pytest.raises(Unavailable, match="cannot be used now"):
            await with_client(url, run_a_script, tries=3)
    assert sum(b"EVALSHA" in asked for asked in heard) == 3
    assert asyncio.get_running_loop().time() - begun < 2


@pytest.mark.parametrize(
    "trouble",
    [
        b"-LOADING Redis is loading the dataset in memory\r\n",
        b"-READONLY You can't write against a read only replica.\r\n",
        b"-OOM command not allowed when used memory > 'maxmemory'.\r\n",
        b"-MISCONF Redis is configured to save, but cannot\r\n",
        b"-MASTERDOWN Link with MASTER is down\r\n",
        b"-NOREPLICAS Not enough good replicas to write.\r\n",
    ],
)
async def test_a_redis_that_cannot_now_is_unavailable(trouble):
    async with a_redis_that_says(lambda command: trouble if b"EVALSHA" in command else b"+OK\r\n") as url:
        with pytest.raises(Unavailable, match="cannot be used now"):
            await with_client(url, run_a_script, tries=1)


@pytest.mark.parametrize(
    "refusal",
    [
        b"-WRONGTYPE Operation against a key holding the wrong kind of value\r\n",
        b"-ERR Error running script (call to f_1): @user_script:3: @user_script: 3: -READONLY You can't write\r\n",
        b"-BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.\r\n",
        b"-BUSYKEY Target key name already exists.\r\n",
        b"-CROSSSLOT Keys in request don't hash to the same slot\r\n",
        b"-MOVED 3999 127.0.0.1:6381\r\n",
        b"-EXECABORT Transaction discarded\r\n",
        b"-NOPERM this user has no permissions to run the 'evalsha' command\r\n",
        b"-NOAUTH Authentication required.\r\n",
        b"-A word that is in no book\r\n",
        b"?what is this\r\n",
    ],
)
async def test_whatever_redis_says_at_work_means_not_now(refusal):
    async with a_redis_that_says(lambda command: refusal if b"EVALSHA" in command else b"+OK\r\n") as url:
        with pytest.raises(Unavailable, match="cannot be used now") as told:
            await with_client(url, run_a_script, tries=1)
    assert "hush" not in str(told.value)


async def test_a_wrong_password_is_a_setting_to_correct_at_start_and_not_now_at_work():
    async with a_redis_that_says(lambda command: b"-WRONGPASS invalid username-password pair\r\n") as url:
        with pytest.raises(BadSettings, match="set TAPWATT_REDIS_URL to a user and password") as told:
            await with_client(url, lambda client: client.check(within_s=5))
        with pytest.raises(Unavailable, match="cannot be used now"):
            await with_client(url, run_a_script)
    assert "hush" not in str(told.value)


async def test_when_redis_falls_silent_everybody_who_waits_is_told():
    async with a_redis_that_says(lambda command: b"+OK\r\n" if b"AUTH" in command else None) as url:
        told = await with_client(
            url,
            lambda client: asyncio.gather(*(run_a_script(client) for _ in range(4)), return_exceptions=True),
            tries=1,
        )
    assert [type(error) for error in told] == [RedisAway] * 4


async def test_a_redis_that_is_down_at_start_is_waited_for_and_then_named():
    with pytest.raises(BadSettings, match=r"does not answer at 127\.0\.0\.1:1 \(waited 0.1 s\): start it, or set TAPW"):
        await with_client("redis://127.0.0.1:1/0", lambda client: client.check(within_s=0.1))


@pytest.mark.parametrize(
    ("info", "sentence"),
    [
        (b"redis_version:5.0.14\r\n", "is Redis 5.0.14: run Redis 6.2 or newer, or Valkey"),
        (
            b"redis_version:7.2.4\r\nmaxmemory:100\r\nmaxmemory_policy:allkeys-lru\r\n",
            "set maxmemory-policy noeviction",
        ),
    ],
)
async def test_a_redis_that_would_lose_what_it_is_told_is_refused_at_start(info, sentence):
    reply = b"$%d\r\n%s\r\n" % (len(info), info)
    async with a_redis_that_says(lambda command: reply if b"INFO" in command else b"+OK\r\n") as url:
        with pytest.raises(BadSettings, match=sentence):
            await with_client(url, lambda client: client.check(within_s=0.1))


@pytest.mark.parametrize(
    ("info", "product"),
    [
        (b"redis_version:7.2.4\r\nmaxmemory:0\r\nmaxmemory_policy:noeviction\r\n", "Redis 7.2.4"),
        (b"redis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:9.1.2\r\n", "Valkey 9.1.2"),
    ],
)
async def test_a_fit_one_says_what_it_is_redis_or_valkey(info, product):
    reply = b"$%d\r\n%s\r\n" % (len(info), info)
    async with a_redis_that_says(lambda command: reply if b"INFO" in command else b"+OK\r\n") as url:
        assert await with_client(url, lambda client: client.check(within_s=0.1)) == product


def test_settings_come_from_the_environment_and_keep_the_password(monkeypatch):
    monkeypatch.setenv("TAPWATT_REDIS_URL", "rediss://user:hush@redis.example:6380/2")
    settings = RedisSettings(_env_file=None)
    assert settings.where == "redis.example:6380"
    assert "hush" not in repr(settings)
    assert RedisSettings(url="unix:///run/redis.sock").where == "/run/redis.sock"


def test_an_address_that_is_no_redis_url_is_refused():
    with pytest.raises(ValidationError, match="not a Redis URL"):
        RedisSettings(url="localhost:6379")


async def test_a_task_that_is_cancelled_while_it_talks_to_redis_always_ends():
    nil = b"+OK\r\n"
    async with a_redis_that_says(lambda command: nil) as url:

        async def talk_for_ever(client: RedisClient) -> None:
            while True:
                await run_a_script(client)

        async def cancelled_at_any_moment(client: RedisClient) -> set[str]:
            ends = set()
            for turns in range(300):
                task = asyncio.create_task(talk_for_ever(client))
                for _ in range(turns % 40):
                    await asyncio.sleep(0)
                task.cancel()
                ended, running = await asyncio.wait([task], timeout=1)
                for other in running:
                    other.cancel()
                ends.add("ended" if ended else f"went on after {turns % 40} turns of the loop")
            return ends

        assert await with_client(url, cancelled_at_any_moment, timeout_s=1.0) == {"ended"}
