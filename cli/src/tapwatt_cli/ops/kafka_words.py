"""Tells an operator whether Kafka does not answer or why it cannot be read, and what to do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import (
    AuthenticationFailedError,
    AuthenticationMethodNotSupported,
    BrokerNotAvailableError,
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    KafkaConnectionError,
    KafkaError,
    KafkaTimeoutError,
    KafkaUnavailableError,
    NoBrokersAvailable,
    NodeNotReadyError,
    RequestTimedOutError,
    SaslAuthenticationFailed,
    TopicAuthorizationFailedError,
    UnsupportedCodecError,
)

from tapwatt.errors import Unavailable

READ_WITHIN_S = 60.0
"""A log that cannot be read to its end in this time is too long for one look, or Kafka is in trouble."""

_ANSWERS_WITHIN_S = 5.0

_AWAY = (
    OSError,
    BrokerNotAvailableError,
    KafkaConnectionError,
    KafkaTimeoutError,
    KafkaUnavailableError,
    NoBrokersAvailable,
    NodeNotReadyError,
    RequestTimedOutError,
)
_NOT_ALLOWED = (TopicAuthorizationFailedError, GroupAuthorizationFailedError, ClusterAuthorizationFailedError)
_NOT_LET_IN = (AuthenticationFailedError, AuthenticationMethodNotSupported, SaslAuthenticationFailed)


@asynccontextmanager
async def reading(bootstrap: str, what: str, within_s: float = READ_WITHIN_S) -> AsyncIterator[None]:
    """A block that reads Kafka, for so long at most. Unavailable says in one sentence why it could not, and what to do.

    `what` is what is read, as in "the dead letters".
    """
    try:
        async with asyncio.timeout(within_s):
            yield
    except TimeoutError:
        if not await _answers(bootstrap):
            raise Unavailable(away(bootstrap)) from None
        raise Unavailable(
            f"{what} at {bootstrap} cannot be read to the end in {within_s:g} s, though Kafka answers: "
            "look whether one of its partitions has no leader, or go on from a host nearer to it"
        ) from None
    except (KafkaError, OSError) as error:
        raise Unavailable(words(bootstrap, what, error)) from error
    except Unavailable as error:
        if isinstance(error.__cause__, KafkaError | OSError):
            raise Unavailable(words(bootstrap, what, error.__cause__)) from error
        raise


def words(bootstrap: str, what: str, error: KafkaError | OSError) -> str:
    """Why it cannot be read, and what to do."""
    match error:
        case _ if is_away(error):
            return away(bootstrap)
        case _ if isinstance(error, _NOT_LET_IN):
            return f"Kafka at {bootstrap} does not let us in ({error!r}): correct what it is told of who we are"
        case _ if isinstance(error, _NOT_ALLOWED):
            return (
                f"{what} at {bootstrap} cannot be read, though Kafka answers ({error!r}): "
                "let this user DESCRIBE and READ the topics"
            )
        case UnsupportedCodecError():
            return (
                f"{what} at {bootstrap} cannot be read, though Kafka answers ({error}): "
                "what is compressed so needs the package cramjam: pip install --force-reinstall tapwatt-cli"
            )
        case _:
            return (
                f"{what} at {bootstrap} cannot be read, though Kafka answers ({error!r}): "
                "look into the broker's log, and try again"
            )


def is_away(error: Exception) -> bool:
    """Whether this is what is said of a Kafka that does not answer."""
    return isinstance(error, _AWAY)


def away(bootstrap: str) -> str:
    """What is said of a Kafka that does not answer."""
    return f"Kafka at {bootstrap} does not answer: start it, or correct --bootstrap"


async def _answers(bootstrap: str) -> bool:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    try:
        async with asyncio.timeout(_ANSWERS_WITHIN_S):
            await admin.start()
            await admin.list_topics()
    except (KafkaError, OSError, TimeoutError):
        return False
    else:
        return True
    finally:
        await admin.close()
