"""What a service speaks to the provider and to Redis with, asked from here with a service's own settings.

An operator's host need not have it: it comes with an extra of the command.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tapwatt.clock import Clock, Skew
from tapwatt_cli.exit_codes import CannotBeDone

PROVIDER = "TAPWATT_PROVIDER_BASE_URL"
REDIS = "TAPWATT_REDIS_URL"
_REDIS_WITHIN_S = 5.0
_TIME = "return redis.call('TIME')"

try:
    from tapwatt.log import quiet
    from tapwatt.provider.ccv.adapter import CcvProvider
    from tapwatt.provider.fingerprints import Fingerprints
    from tapwatt.provider.observed import LOOK
    from tapwatt.provider.port import Provider, Transaction
    from tapwatt.provider.settings import ProviderSettings, provider_settings
    from tapwatt.settings import read_settings
    from tapwatt.state.redis_client import LuaScript, RedisClient, RedisSettings
except ModuleNotFoundError as error:
    MISSING: str | None = error.name
else:
    MISSING = None


@asynccontextmanager
async def provider_asked(clock: Clock) -> AsyncIterator[tuple[Provider, ProviderSettings]]:
    """The provider of TAPWATT_PROVIDER_*. CannotBeDone where the extra is missing, BadSettings where a setting is."""
    _need("asking the provider")
    settings = provider_settings()
    fingerprints = Fingerprints(settings.keys(), live=settings.live, test_tokens=settings.test_tokens)
    provider = CcvProvider(settings, fingerprints, clock=clock, log=quiet())
    try:
        yield provider, settings
    finally:
        await provider.aclose()


async def transactions_of(session: str, environment: Mapping[str, str], clock: Clock) -> list[Transaction]:
    """What the provider has of a session, where this environment names one. Unavailable if it does not answer."""
    if PROVIDER not in environment:
        return []
    async with provider_asked(clock) as (provider, _):
        return await provider.find(session)


async def look_at_the_provider(clock: Clock) -> str:
    """Where it is and for which money our key is, once it has answered; else Unavailable or BadCredentials."""
    begun = clock.monotonic()
    async with provider_asked(clock) as (provider, settings):
        await provider.find(LOOK)
    money = "live money" if settings.live else "tests"
    took_s = clock.monotonic() - begun
    return f"{settings.base_url} takes our key, which is for {money} ({took_s:.1f} s)"


@dataclass(frozen=True, slots=True)
class RedisTold:
    """What Redis is, and how far the clock of this machine is behind its own."""

    product: str
    where: str
    clock: Skew


async def look_at_redis(clock: Clock) -> RedisTold:
    """What Redis says of itself and of the time; nothing is written. BadSettings or Unavailable if it will not do."""
    _need("asking Redis")
    redis = RedisClient(read_settings(RedisSettings))
    try:
        product = await redis.check(_REDIS_WITHIN_S)
        asked_at = clock.now()
        seconds, microseconds = await redis.run(LuaScript.of(_TIME), (), lambda server: ())
        between = asked_at + (clock.now() - asked_at) / 2
    finally:
        await redis.close()
    there = datetime.fromtimestamp(int(seconds), UTC) + timedelta(microseconds=int(microseconds))
    return RedisTold(product, redis.where, Skew(there - between))


def _need(what: str) -> None:
    if MISSING is not None:
        raise CannotBeDone(f"{what} needs the extra of the command: pip install 'tapwatt-cli[provider]'")
