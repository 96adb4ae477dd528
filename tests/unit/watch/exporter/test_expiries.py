"""When a certificate runs out is seen by shaking hands with its endpoint, whoever signed it, and even if it ran out."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.unit.watch.exporter.certificates import (
    RAN_OUT_IN_2021,
    RUNS_OUT_IN_2125,
    SIGNED_BY_ANOTHER_UNTIL_2022,
)

from tapwatt.clock import SystemClock
from tapwatt.log import quiet
from tapwatt_watch.exporter.expiries import Expiries, certificate_expiry


@asynccontextmanager
async def endpoint(shown: str, folder: Path) -> AsyncIterator[str]:
    """An endpoint that shows a certificate."""
    pem = folder / "shown.pem"
    pem.write_text(shown)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context) as server:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"


@pytest.mark.parametrize(
    ("shown", "year"),
    [(RUNS_OUT_IN_2125, 2125), (RAN_OUT_IN_2021, 2021), (SIGNED_BY_ANOTHER_UNTIL_2022, 2022)],
    ids=["valid", "ran-out", "signed-by-another"],
)
async def test_it_is_what_the_endpoint_shows(shown: str, year: int, tmp_path: Path) -> None:
    async with endpoint(shown, tmp_path) as where:
        assert await certificate_expiry(where) == datetime(year, 1, 1, tzinfo=UTC).timestamp()


async def told(expiries: Expiries) -> dict[tuple[str, str], float]:
    return {
        (family.name, *sample.labels.values()): sample.value  # type: ignore[misc]
        for family in expiries.families()
        for sample in family.samples
    }


async def test_an_endpoint_that_shows_none_is_not_told_and_another_one_is(tmp_path: Path) -> None:
    async with endpoint(RUNS_OUT_IN_2125, tmp_path) as where:
        keys = {"provider": datetime(2027, 3, 31, tzinfo=UTC)}
        expiries = Expiries(["127.0.0.1:1", where], keys, SystemClock(), quiet())
        looking = asyncio.ensure_future(expiries.look())
        async with asyncio.timeout(20):
            while len(await told(expiries)) < 2:
                await asyncio.sleep(0.01)
        looking.cancel()
        assert await told(expiries) == {
            ("tapwatt_certificate_expiry_timestamp_seconds", where): datetime(2125, 1, 1, tzinfo=UTC).timestamp(),
            ("tapwatt_key_expiry_timestamp_seconds", "provider"): datetime(2027, 3, 31, tzinfo=UTC).timestamp(),
        }
