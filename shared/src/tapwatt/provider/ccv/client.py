"""Carries requests to CCV over HTTP and tells apart what was never sent from what may have been done."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import SimpleNamespace
from typing import Any

import aiohttp
from pydantic import SecretBytes
from yarl import URL

from tapwatt.clock import Clock
from tapwatt.errors import OutcomeUnknown, TapwattError, Unavailable
from tapwatt.provider.ccv.wire import IDEMPOTENCY_HEADER
from tapwatt.provider.settings import ProviderSettings

LONGEST_RETRY_AFTER_S = 3600.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. The body may hold a card token, so it is sealed."""

    status: int
    body: SecretBytes
    retry_after_s: float | None = None


class _Phases:
    """Where a call is. `sent` turns true before the first byte leaves, so that "not sent" is certain."""

    def __init__(self, settings: ProviderSettings, has_body: bool) -> None:
        self._settings = settings
        self._has_body = has_body
        self.name = "connect"
        self.limit = asyncio.timeout(settings.connect_s)

    @property
    def sent(self) -> bool:
        """Whether the provider may have heard us."""
        return self.name != "connect"

    def sending(self) -> None:
        """The connection is there; the request is about to leave."""
        if self._has_body:
            self._enter("send", self._settings.send_s)
        else:
            self.waiting()

    def waiting(self) -> None:
        """The request has left."""
        self._enter("answer", self._settings.answer_s)

    def _enter(self, name: str, seconds: float) -> None:
        self.name = name
        if self.limit.when() is not None and not self.limit.expired():
            self.limit.reschedule(asyncio.get_running_loop().time() + seconds)


def _tracing() -> aiohttp.TraceConfig:
    async def headers(session: Any, context: SimpleNamespace, params: Any) -> None:
        context.trace_request_ctx.sending()

    async def chunk(session: Any, context: SimpleNamespace, params: Any) -> None:
        context.trace_request_ctx.waiting()

    config = aiohttp.TraceConfig()
    config.on_request_headers_sent.append(headers)
    config.on_request_chunk_sent.append(chunk)
    return config


class CcvClient:
    """One pool of connections to CCV. No redirects, no cookies, no proxy from the environment."""

    def __init__(self, settings: ProviderSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._base = URL(settings.base_url)
        self._others = {URL(one.strip()).origin() for one in settings.cancel_origins.split(",") if one.strip()}
        self._open: dict[bool, aiohttp.ClientSession] = {}

    async def get(self, path: str, query: Mapping[str, str]) -> Answer:
        """Ask. Raises Unavailable whatever goes wrong: asking changes nothing."""
        return await self._call("GET", f"{self._base}/{path}", query=query)

    async def post(self, path: str, body: str, idempotency_reference: str) -> Answer:
        """Have something done. Raises Unavailable only if nothing was sent, else OutcomeUnknown."""
        headers = {IDEMPOTENCY_HEADER: idempotency_reference, "Content-Type": "application/json"}
        return await self._call("POST", f"{self._base}/{path}", body=body.encode(), headers=headers)

    async def post_to(self, address: str) -> Answer | None:
        """Post nothing to an address the provider gave. None if it is a stranger's; only the provider gets our key."""
        try:
            url = self._base.join(URL(address))
            origin = url.origin()
        except ValueError:
            return None
        own = origin == self._base.origin()
        if url.user is not None or not (own or origin in self._others):
            return None
        return await self._call("POST", str(url), body=b"{}", headers={"Content-Type": "application/json"}, key=own)

    async def aclose(self) -> None:
        """Close the connections."""
        for session in self._open.values():
            await session.close()
        self._open.clear()

    async def _call(
        self,
        method: str,
        url: str,
        *,
        body: bytes | None = None,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        key: bool = True,
    ) -> Answer:
        phases = _Phases(self._settings, body is not None)
        try:
            async with (
                phases.limit,
                self._session(key).request(
                    method,
                    url,
                    data=body,
                    params=query,
                    headers=headers,
                    allow_redirects=False,
                    trace_request_ctx=phases,
                ) as response,
            ):
                content = await self._whole(response)
                if content is not None:
                    return Answer(response.status, content, self._retry_after(response.headers))
                what = f"the answer is longer than {self._settings.largest_answer} bytes"
        except TimeoutError:
            what = f"no end of the {phases.name} phase in {getattr(self._settings, f'{phases.name}_s'):g} s"
        except (aiohttp.ClientError, OSError) as error:
            what = _without_secrets(error)
        # Raised here and not where it was caught: aiohttp's exceptions carry our key and may carry a body.
        raise self._failed(method, url, phases, what)

    def _failed(self, method: str, url: str, phases: _Phases, what: str) -> TapwattError:
        sentence = f"{method} {URL(url).with_query(None)}: {what}"
        unknown = method == "POST" and phases.sent
        failed = OutcomeUnknown(f"{sentence}; it may have been done") if unknown else Unavailable(sentence)
        failed.phase = phases.name
        return failed

    async def _whole(self, response: aiohttp.ClientResponse) -> SecretBytes | None:
        """The body, unless it is larger than an honest one can be."""
        content = bytearray()
        async for part in response.content.iter_chunked(65_536):
            content += part
            if len(content) > self._settings.largest_answer:
                response.close()
                return None
        return SecretBytes(bytes(content))

    def _retry_after(self, headers: Mapping[str, str]) -> float | None:
        """RFC 9110, 10.2.3: seconds or a date."""
        given = headers.get("Retry-After", "").strip()
        if given.isdecimal() and len(given) < 10:
            return min(float(given), LONGEST_RETRY_AFTER_S)
        try:
            at = parsedate_to_datetime(given)
        except ValueError:
            return None
        return min(max((_utc(at) - self._clock.now()).total_seconds(), 0.0), LONGEST_RETRY_AFTER_S)

    def _session(self, key: bool) -> aiohttp.ClientSession:
        if key not in self._open:
            self._open[key] = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self._settings.connections),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=None),
                headers=self._headers() if key else {"User-Agent": self._settings.user_agent},
                trace_configs=[_tracing()],
            )
        return self._open[key]

    def _headers(self) -> dict[str, str]:
        return {
            "Authorization": aiohttp.encode_basic_auth(self._settings.api_key.get_secret_value()),
            "User-Agent": self._settings.user_agent,
            "Accept": "application/json",
            "Accept-Encoding": "identity",
        }


def _utc(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _without_secrets(error: aiohttp.ClientError | OSError) -> str:
    if isinstance(error, aiohttp.ClientConnectorError):
        return f"cannot connect: {error.os_error.strerror or type(error.os_error).__name__}"
    return f"the connection broke ({type(error).__name__})"
