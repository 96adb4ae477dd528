"""When certificates and keys run out: certificates as endpoints show them, keys as a setting says."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from typing import NoReturn

from prometheus_client.core import Metric as Family

from tapwatt.clock import Clock
from tapwatt.log import Log
from tapwatt.metrics.of_the_system import CERTIFICATE_EXPIRY, KEY_EXPIRY
from tapwatt_watch.exporter.told import family

LOOKED_AT_EVERY_S = 3600.0
AGAIN_AFTER_S = 60.0
"""After an endpoint did not answer."""

ANSWERS_WITHIN_S = 10.0

_NO_CHECK_TIME = 0x200000
"""X509_V_FLAG_NO_CHECK_TIME of OpenSSL: a certificate that has run out is looked at, too."""


class Expiries:
    """What is known of the endpoints' certificates, and of the keys."""

    def __init__(self, endpoints: Iterable[str], keys: Mapping[str, datetime], clock: Clock, log: Log) -> None:
        self._endpoints = list(endpoints)
        self._keys = dict(keys)
        self._clock = clock
        self._log = log
        self._known: dict[str, float] = {}

    async def look(self) -> NoReturn:
        """Look at every endpoint each hour, and again after a minute at one that did not answer.

        What was seen last is told until it is seen otherwise: a certificate does not change because a network does.
        """
        due = dict.fromkeys(self._endpoints, 0.0)
        while True:
            for endpoint in [one for one, at in due.items() if at <= self._clock.monotonic()]:
                seen = await self._seen(endpoint)
                due[endpoint] = self._clock.monotonic() + (LOOKED_AT_EVERY_S if seen else AGAIN_AFTER_S)
            await self._clock.sleep(1 if due else LOOKED_AT_EVERY_S)

    def families(self) -> Iterator[Family]:
        """What Prometheus is told."""
        yield family(CERTIFICATE_EXPIRY, {(endpoint,): at for endpoint, at in self._known.items()})
        yield family(KEY_EXPIRY, {(key,): at.timestamp() for key, at in self._keys.items()})

    async def _seen(self, endpoint: str) -> bool:
        try:
            self._known[endpoint] = await certificate_expiry(endpoint)
        except (OSError, TimeoutError, ValueError) as error:  # ssl's errors are OSErrors
            self._log.warning("an endpoint does not show its certificate", endpoint=endpoint, reason=repr(error))
            return False
        return True


async def certificate_expiry(endpoint: str) -> float:
    """When the certificate that host:port shows runs out, in seconds since 1970 UTC. Who signed it does not matter.

    OSError or TimeoutError where there is none to be seen.
    """
    host, _, port = endpoint.rpartition(":")
    host = host.strip("[]")
    anybody = _context()
    anybody.verify_mode = ssl.CERT_NONE
    shown = (await _handshake(host, int(port), anybody)).getpeercert(binary_form=True)
    if shown is None:
        raise ConnectionError("no certificate was shown")
    # Python reads a certificate only after it was verified: this one is, as its own authority and at any time.
    itself = _context()
    itself.load_verify_locations(cadata=shown)
    itself.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN | _NO_CHECK_TIME
    read = (await _handshake(host, int(port), itself)).getpeercert() or {}
    return float(ssl.cert_time_to_seconds(str(read["notAfter"])))


def _context() -> ssl.SSLContext:
    """It reads a date and sends nothing, so old keys and any name will do."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    return context


async def _handshake(host: str, port: int, context: ssl.SSLContext) -> ssl.SSLObject:
    async with asyncio.timeout(ANSWERS_WITHIN_S):
        _, writer = await asyncio.open_connection(host, port, ssl=context, server_hostname=host)
    try:
        told: ssl.SSLObject = writer.get_extra_info("ssl_object")
        return told
    finally:
        writer.close()
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(ANSWERS_WITHIN_S):
                await writer.wait_closed()
