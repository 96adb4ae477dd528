"""The provider's HTTP door: who may come in, which fault strikes, and what is answered, under /api/v1."""

import asyncio
import time
from base64 import b64encode
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from hmac import compare_digest

from aiohttp import web

from simulator.provider.answers import API, addressed, text
from simulator.provider.errors import Refused
from simulator.provider.faults import Fault, FaultKind, Subject
from simulator.provider.payments import Answer, Provider

LONGEST_KEY = 50
INGRESS_PAGE = "<html><head><title>Service</title></head><body><h1>No backend</h1><hr>ingress</body></html>"
VERBS = {"payment": "authorise", "token": "token", "capture": "capture", "reversal": "reversal", "refund": "refund"}


class AnswerLost(Exception):
    """The connection ends without an answer."""


@dataclass
class IngressPage(Exception):
    """What stands before the provider answers in its stead: the provider has heard nothing."""

    status: int


@dataclass
class RateLimit:
    """So many requests in each second of the clock; 0 is no limit."""

    each_second: int
    second: int = 0
    seen: int = 0

    def exceeded(self) -> bool:
        """Counts one request and says whether it is one too many."""
        now = int(time.monotonic())
        self.seen = self.seen + 1 if now == self.second else 1
        self.second = now
        return 0 < self.each_second < self.seen


class ProviderApi:
    """The routes of the Payment API's surface A."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self._limit = RateLimit(provider.books.settings.rate_limit)
        self._credentials = "Basic " + b64encode(f"{provider.books.settings.api_key}:".encode()).decode()

    def add_to(self, app: web.Application) -> None:
        """Puts the routes into an application."""
        for path, verb in VERBS.items():
            app.router.add_post(f"{API}/{path}", partial(self._guarded, partial(self._post, verb)))
        app.router.add_get(f"{API}/transaction", partial(self._guarded, self._status))
        app.router.add_post(f"{API}/cancel", partial(self._guarded, self._cancel))

    async def _guarded(
        self, answering: Callable[[web.Request], Awaitable[Answer]], request: web.Request
    ) -> web.Response:
        try:
            self._admit(request)
            answer = await answering(request)
        except Refused as refused:
            answer = Answer(refused.status, text(refused.body()))
        except IngressPage as page:
            return web.Response(status=page.status, text=INGRESS_PAGE, content_type="text/html")
        except AnswerLost:
            if request.transport is not None:
                request.transport.abort()
            return web.Response(status=500)
        headers = {"Retry-After": "1"} if answer.status == 429 else None
        body = addressed(answer.text, f"{request.scheme}://{request.host}")
        return web.Response(status=answer.status, text=body, content_type="application/json", headers=headers)

    def _admit(self, request: web.Request) -> None:
        if not request.headers.get("User-Agent", "").strip():
            raise Refused.invalid("User-Agent", "a User-Agent is mandatory")
        given = request.headers.get("Authorization")
        # Whoever has a cancelUrl may use it, as with the real one, which is on another host than the API.
        open_door = given is None and request.path == f"{API}/cancel"
        if not open_door and not compare_digest((given or "").encode(), self._credentials.encode()):
            raise Refused.bad_credentials()
        faults = self._provider.books.faults
        if faults.any() and faults.strike("key_refused", Subject(request.method.lower())):
            raise Refused.bad_credentials()
        if self._limit.exceeded():
            raise Refused.too_many()

    async def _post(self, verb: str, request: web.Request) -> Answer:
        key = request.headers.get("Idempotency-Reference")
        if key is not None and not 0 < len(key) <= LONGEST_KEY:
            raise Refused.invalid("Idempotency-Reference", f"must have 1 to {LONGEST_KEY} characters")
        raw = await request.read()
        if not self._provider.books.faults.any():
            return self._provider.apply(verb, raw, key)
        subject = self._provider.subject(verb, raw, key)
        await self._trouble_before(subject)
        late = self._strike("late_apply", subject)
        if late is not None:
            self._provider.defer(verb, raw.decode(errors="replace"), key, late.seconds)
            raise AnswerLost
        answer = self._provider.apply(verb, raw, key)
        await self._trouble_after(subject)
        return answer

    async def _status(self, request: web.Request) -> Answer:
        reference, order = request.query.get("reference"), request.query.get("merchantOrderReference")
        if (reference is None) == (order is None):
            raise Refused.invalid("reference", "ask by reference or by merchantOrderReference")
        if reference is not None:
            subject = self._provider.subject_by_reference("status", reference)
        else:
            subject = Subject("status", order_reference=order)
        await self._trouble_before(subject)
        answer = self._provider.status(reference) if reference is not None else self._provider.by_order(order or "")
        await self._trouble_after(subject)
        return answer

    async def _cancel(self, request: web.Request) -> Answer:
        reference = request.query.get("reference", "")
        subject = self._provider.subject_by_reference("cancel", reference)
        await self._trouble_before(subject)
        answer = self._provider.cancel(reference)
        await self._trouble_after(subject)
        return answer

    async def _trouble_before(self, subject: Subject) -> None:
        latency = self._strike("latency", subject)
        if latency is not None:
            await asyncio.sleep(latency.seconds)
        if self._strike("too_many_requests", subject):
            raise Refused.too_many()
        page = self._strike("ingress_page", subject)
        if page is not None:
            raise IngressPage(page.status)
        broken = self._strike("error_before", subject)
        if broken is not None:
            raise Refused.broken(broken.status)

    async def _trouble_after(self, subject: Subject) -> None:
        slow = self._strike("slow_answer", subject)
        if slow is not None:
            await asyncio.sleep(slow.seconds)
        broken = self._strike("error_after", subject)
        if broken is not None:
            raise Refused.broken(broken.status)
        if self._strike("answer_lost", subject):
            raise AnswerLost

    def _strike(self, kind: FaultKind, subject: Subject) -> Fault | None:
        return self._provider.books.faults.strike(kind, subject)
