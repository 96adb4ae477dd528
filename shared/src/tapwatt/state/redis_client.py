"""The connection to Redis: bounded in time, tries and connections, and its troubles in Tapwatt's own words."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from redis import exceptions
from redis.asyncio import ConnectionPool, Redis
from redis.asyncio.connection import parse_url
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialWithJitterBackoff, NoBackoff
from redis.maint_notifications import MaintNotificationsConfig

from tapwatt.errors import BadSettings, Unavailable
from tapwatt.spans import span
from tapwatt.state.redis_line import Connection, RedisLine, Start

OLDEST = (6, 2)
"""The oldest Redis that has what our scripts need."""

Text = str | bytes | int

_NOT_LET_IN = (exceptions.AuthenticationError, exceptions.NoPermissionError)
_LONGEST_WORDS = 200
_IN_REDIS = {"db.system.name": "redis", "db.operation.name": "EVALSHA"}


Args = Callable[[str], Sequence[Text]]
"""A script's arguments, given the run id of the server that it is sent to; '' where that is not known."""

NO_RETRY = Retry(NoBackoff(), 0)

Noted = Callable[[float, str], None]
"""Hears of each call: how many seconds it took with its tries, and why it failed; nothing where it did not."""


@dataclass(frozen=True, slots=True)
class LuaScript:
    """A script of ours, known to Redis by its SHA-1: sent whole only to a Redis that does not know it yet."""

    text: str
    sha: str

    @classmethod
    def of(cls, text: str) -> LuaScript:
        """The script of this text."""
        return cls(text, hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest())


class RedisAway(Unavailable):
    """Redis cannot be reached, or will not do what it is told now."""


class RedisSettings(BaseSettings):
    """Where Redis is and how long we wait for it; seconds. The defaults suit production."""

    model_config = SettingsConfigDict(env_prefix="TAPWATT_REDIS_", env_file=".env", extra="ignore")

    url: SecretStr = Field(SecretStr("redis://127.0.0.1:6379/0"), description="redis://, rediss:// or unix://")
    key_prefix: str = Field(
        "tapwatt", pattern=r"^[A-Za-z0-9._-]{1,40}$", description="set where several rings share a Redis"
    )
    connect_timeout_s: float = Field(1.0, gt=0, description="how long one attempt to connect may take")
    timeout_s: float = Field(1.0, gt=0, description="how long Redis may take to answer one command")
    tries: int = Field(3, ge=1, le=10, description="tries of one command: every script is idempotent")

    @field_validator("url")
    @classmethod
    def _readable(cls, url: SecretStr) -> SecretStr:
        try:
            parse_url(url.get_secret_value())
        except ValueError as error:
            raise ValueError("not a Redis URL: write it as redis://host:6379/0") from error
        return url

    @property
    def where(self) -> str:
        """Where Redis is, without the password."""
        parts = parse_url(self.url.get_secret_value())
        if "path" in parts:
            return str(parts["path"])
        return f"{parts.get('host', 'localhost')}:{parts.get('port', 6379)}"


class RedisClient:
    """Connections to one Redis. It connects when first used; `check` says at start whether that will work.

    Scripts share one connection (RedisLine), whose task `start` starts: a service gives it its supervisor's.

    After that, whatever Redis says means "not now": it may be a replica for a while, full, or have another password,
    and an operator's mending it needs nobody to start us again.
    """

    def __init__(
        self,
        settings: RedisSettings,
        noted: Noted = lambda took_s, failed: None,
        start: Start = asyncio.create_task,
    ) -> None:
        self._noted = noted
        self._now = time.perf_counter
        self.where = settings.where
        self.key_prefix = settings.key_prefix
        backoff = ExponentialWithJitterBackoff(base=0.02, cap=0.25)
        self._retry = Retry(backoff, settings.tries - 1)
        self._pool = ConnectionPool.from_url(
            settings.url.get_secret_value(),
            socket_connect_timeout=settings.connect_timeout_s,
            socket_timeout=settings.timeout_s,
            retry=self._retry,
            protocol=2,
            maint_notifications_config=MaintNotificationsConfig(enabled=False),
        )
        self._redis = Redis(connection_pool=self._pool)
        self._line = RedisLine(self._connection, start)

    async def run(self, script: LuaScript, keys: Sequence[str], args: Args) -> Any:
        """Run a script in one call. RedisAway if Redis cannot be reached, or will not do it now."""
        begun, failed = self._now(), ""
        try:
            with span("EVALSHA", "client", _IN_REDIS), self._our_words():
                return await self._retry.call_with_retry(partial(self._run, script, keys, args), _again)
        except RedisAway as error:
            failed = str(error)
            raise
        finally:
            self._noted(self._now() - begun, failed)

    def doubt_the_server(self) -> None:
        """Ask again which server this is before the next script."""
        self._line.doubt_the_server()

    async def _run(self, script: LuaScript, keys: Sequence[str], args: Args) -> Any:
        many = len(keys)
        try:
            return await self._line.ask(lambda server: ("EVALSHA", script.sha, many, *keys, *args(server)))
        except exceptions.NoScriptError:
            return await self._line.ask(lambda server: ("EVAL", script.text, many, *keys, *args(server)))

    def _connection(self) -> Connection:
        pool: Any = self._pool
        connection: Connection = pool.make_connection()
        connection.retry = NO_RETRY  # a call is tried again as a whole, and no more often than settings say
        return connection

    async def unlink_under(self, prefix: str) -> None:
        """Forget every key that begins with this prefix, a few hundred at a time so that nobody waits long."""
        with self._our_words():
            found: list[bytes] = []
            async for key in self._redis.scan_iter(match=prefix + "*", count=500):
                found.append(key)
                if len(found) >= 500:
                    await self._redis.unlink(*found)
                    found.clear()
            if found:
                await self._redis.unlink(*found)

    async def check(self, within_s: float = 30.0) -> str:
        """Wait until Redis answers and say what it is (Valkey 9.1.2). BadSettings in one sentence if it will not do."""
        loop = asyncio.get_running_loop()
        end = loop.time() + within_s
        while True:
            try:
                with self._our_words():
                    info: Mapping[str, Any] = await self._redis.info()
                return _fit(info, self.where)
            except Unavailable as error:
                if isinstance(error.__cause__, _NOT_LET_IN):
                    raise BadSettings(
                        f"Redis at {self.where} does not let us in: "
                        "set TAPWATT_REDIS_URL to a user and password it knows"
                    ) from error
                if loop.time() >= end:
                    raise BadSettings(
                        f"Redis does not answer at {self.where} (waited {within_s:g} s): "
                        "start it, or set TAPWATT_REDIS_URL to where it is"
                    ) from error
            await asyncio.sleep(0.25)

    async def close(self) -> None:
        """Close the connections."""
        await self._line.close()
        await self._redis.aclose()
        await self._pool.disconnect()

    @contextmanager
    def _our_words(self) -> Iterator[None]:
        try:
            with _no_lost_cancellation():
                yield
        except (exceptions.RedisError, OSError) as error:
            if _is_ours(error):
                raise
            raise RedisAway(f"Redis at {self.where} cannot be used now ({_words(error)})") from error


async def _again(error: Exception) -> None:
    """Nothing has to be mended before the next try: the line connects anew by itself."""


@contextmanager
def _no_lost_cancellation() -> Iterator[None]:
    """A task that was cancelled ends here, even where redis-py did not notice.

    redis-py sends inside asyncio.wait_for, which until Python 3.12 drops a cancellation that comes just as the sending
    is done (https://github.com/python/cpython/issues/86296); the task would go on for ever and hold up a stop.
    """
    task = asyncio.current_task()
    before = task.cancelling() if task else 0
    try:
        yield
    finally:
        if task and task.cancelling() > before:
            raise asyncio.CancelledError


def _is_ours(error: Exception) -> bool:
    """Whether one of our own scripts said this (see view.lua); tapwatt.state.view gives it its word."""
    return str(error).startswith(("NOTWHOLE", "SUPERSEDED", "NEWER", "LOST"))


def _words(error: Exception) -> str:
    """What Redis said, or the kind of trouble with it. An error of a connection may quote what was sent."""
    said = str(error)[:_LONGEST_WORDS] if isinstance(error, exceptions.ResponseError) else ""
    return f"{type(error).__name__}: {said}" if said else type(error).__name__


def _fit(info: Mapping[str, Any], where: str) -> str:
    """What answers, if it will do. Valkey's `redis_version` is that of the Redis whose commands it has (7.2.4)."""
    version = str(info.get("redis_version", "0.0"))
    product = f"Valkey {info['valkey_version']}" if "valkey_version" in info else f"Redis {version}"
    if tuple(int(part) for part in version.split(".")[:2]) < OLDEST:
        raise BadSettings(f"Redis at {where} is {product}: run Redis {OLDEST[0]}.{OLDEST[1]} or newer, or Valkey")
    policy = info.get("maxmemory_policy", "noeviction")
    if info.get("maxmemory", 0) and policy != "noeviction":
        raise BadSettings(
            f"{product} at {where} may forget what it was told (maxmemory-policy {policy}): "
            "set maxmemory-policy noeviction"
        )
    return product
