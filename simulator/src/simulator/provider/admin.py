"""The back door, under /admin: be a driver at a terminal, make cards, set faults, and read the books."""

from collections.abc import Awaitable, Callable
from datetime import date
from functools import partial
from typing import Any, Literal, TypeVar

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from simulator.provider import cards
from simulator.provider.card_outcomes import Entry
from simulator.provider.cards import Card
from simulator.provider.decimals import to_json
from simulator.provider.errors import Refused
from simulator.provider.faults import Fault
from simulator.provider.ledger import Transaction
from simulator.provider.ledger_report import report
from simulator.provider.portal import ACTS, Act
from simulator.provider.settlement_file import settlement_file
from simulator.provider.terminal_payments import TerminalState
from simulator.provider.terminals import Tap, TerminalOffline, Terminals
from simulator.provider.webhooks import Webhooks

LONGEST_WAIT_S = 600
M = TypeVar("M", bound=BaseModel)


class _Order(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Present(_Order):
    """A card at a terminal: one defined before, by name, or a new one in full."""

    card: str | Card
    entry: Entry = "contactless"
    wait_s: float = Field(default=0, ge=0, le=LONGEST_WAIT_S)
    order_reference: str | None = None
    """Only for the payment of this order."""


class PutState(_Order):
    """Where to put a terminal."""

    state: TerminalState


class Resolve(_Order):
    """How the helpdesk ends a transaction in manual intervention."""

    status: Literal["success", "failed"]
    failure_code: str = "processing_error"


class ByHand(_Order):
    """What is done by hand, with which hold or capture, and by whom. Everything there is when no amount is given."""

    reference: str
    amount_minor: int | None = Field(default=None, gt=0)
    by: str | None = Field(default=None, min_length=1, max_length=100)


class SendWebhook(_Order):
    """A webhook nobody caused."""

    url: str
    id: str


class Admin:
    """The routes; an order that cannot be read is a 400 with what is wrong with it."""

    def __init__(self, terminals: Terminals, webhooks: Webhooks) -> None:
        self._terminals = terminals
        self._provider = terminals.provider
        self._webhooks = webhooks

    def add_to(self, app: web.Application) -> None:
        """Puts the routes into an application."""
        routes: tuple[tuple[str, str, Callable[[web.Request], Awaitable[web.Response]]], ...] = (
            ("GET", "/health", self.health),
            ("GET", "/ledger", self.ledger),
            ("GET", "/settlement-file", self.settlement_file),
            ("GET", "/terminals/{id}", self.terminal),
            ("POST", "/terminals/{id}/present", self.present),
            ("POST", "/terminals/{id}/state", self.put_state),
            ("POST", "/terminals/{id}/cancel", self.press_cancel),
            ("GET", "/cards", self.list_cards),
            ("POST", "/cards", self.define_cards),
            ("GET", "/faults", self.list_faults),
            ("POST", "/faults", self.set_faults),
            ("DELETE", "/faults", self.clear_faults),
            ("DELETE", "/faults/{id}", self.remove_fault),
            ("POST", "/transactions/{reference}/resolve", self.resolve),
            ("POST", "/holds/{reference}/expire", self.expire_hold),
            ("POST", "/webhooks", self.send_webhook),
            *(("POST", f"/portal/{act}", partial(self.by_hand, act)) for act in ACTS),
        )
        for method, path, handler in routes:
            app.router.add_route(method, f"/admin{path}", partial(_readable, handler))

    async def health(self, _: web.Request) -> web.Response:
        """That the ledger answers."""
        rows = self._provider.books.ledger.rows("SELECT status, count(*) AS many FROM transactions GROUP BY status")
        return _json({"status": "ok", "transactions": {row["status"]: row["many"] for row in rows}})

    async def ledger(self, request: web.Request) -> web.Response:
        """The books, whole, or of one order."""
        return _json(report(self._provider.books.ledger, request.query.get("order_reference")))

    async def settlement_file(self, request: web.Request) -> web.Response:
        """What was settled from day to day, as an acquirer's file: ?first=2026-11-01&last=2026-11-02 (UTC)."""
        try:
            first, last = (date.fromisoformat(request.query.get(name, "")) for name in ("first", "last"))
        except ValueError:
            return _json({"error": "give first and last as days: ?first=2026-11-01&last=2026-11-02"}, 400)
        return web.Response(text=settlement_file(self._provider.books.ledger, first, last), content_type="text/csv")

    async def terminal(self, request: web.Request) -> web.Response:
        """A terminal's state and what waits there."""
        terminal = request.match_info["id"]
        waiting = self._terminals.waiting(terminal)
        state = self._provider.terminal_state(terminal)
        return _json({"id": terminal, "state": state, "waiting": waiting and _shown(waiting)})

    async def present(self, request: web.Request) -> web.Response:
        """Presents a card, waiting for a payment to come if told to."""
        order = _read(Present, await request.text())
        if isinstance(order.card, Card):
            self._provider.define_card(order.card)
            card: Card | None = order.card
        else:
            card = self._provider.card(order.card)
        if card is None:
            return _json({"error": f"no card is called {order.card!r}; make it with POST /admin/cards"}, 404)
        terminal = request.match_info["id"]
        tap = Tap(terminal, card, order.entry, order.order_reference)
        try:
            ended = await self._terminals.present(tap, order.wait_s, lambda: request.transport is not None)
        except TerminalOffline:
            return _json({"error": f"terminal {terminal} is offline"}, 409)
        if ended is None:
            return _json({"error": f"nothing waits for a card at terminal {terminal}"}, 404)
        return _json(_shown(ended))

    async def put_state(self, request: web.Request) -> web.Response:
        """Takes a terminal offline, or back, or lets the provider know nothing of it."""
        order = _read(PutState, await request.text())
        self._provider.put_terminal(request.match_info["id"], order.state)
        return await self.terminal(request)

    async def press_cancel(self, request: web.Request) -> web.Response:
        """The driver presses the red key."""
        ended = self._provider.press_cancel(request.match_info["id"])
        return _json({"error": "nothing waits there"}, 404) if ended is None else _json(_shown(ended))

    async def list_cards(self, _: web.Request) -> web.Response:
        """Every card with its token and PAR: for drivers, and for looking for them where they may not be."""
        settings = self._provider.books.settings
        every = [Card.model_validate_json(found) for found in self._provider.books.ledger.cards().values()]
        return _json(
            [
                {
                    **card.model_dump(exclude_none=True),
                    "pan": cards.pan(card, settings.card_seed),
                    "token": cards.token(card, settings.card_seed, settings.token_mode),
                    "par": cards.par(card, settings.card_seed),
                }
                for card in every
            ]
        )

    async def define_cards(self, request: web.Request) -> web.Response:
        """Makes one card or a list of them; a name again changes that card."""
        for card in _read_many(Card, await request.text()):
            self._provider.define_card(card)
        return await self.list_cards(request)

    async def list_faults(self, _: web.Request) -> web.Response:
        """Every fault and how often it struck."""
        return _json(self._provider.books.faults.listed())

    async def set_faults(self, request: web.Request) -> web.Response:
        """Sets one fault or a list of them."""
        added = [self._provider.books.faults.add(fault) for fault in _read_many(Fault, await request.text())]
        return _json([fault.model_dump(exclude_none=True) for fault in added])

    async def clear_faults(self, _: web.Request) -> web.Response:
        """Takes every fault away."""
        self._provider.books.faults.clear()
        return _json([])

    async def remove_fault(self, request: web.Request) -> web.Response:
        """Takes one fault away."""
        if not self._provider.books.faults.remove(request.match_info["id"]):
            return _json({"error": "no such fault"}, 404)
        return await self.list_faults(request)

    async def resolve(self, request: web.Request) -> web.Response:
        """The helpdesk decides."""
        order = _read(Resolve, await request.text())
        code = None if order.status == "success" else order.failure_code
        ended = self._provider.resolve(request.match_info["reference"], code)
        return _json({"error": "not in manual intervention"}, 404) if ended is None else _json(_shown(ended))

    async def expire_hold(self, request: web.Request) -> web.Response:
        """A hold's window ends now."""
        if not self._provider.expire_hold(request.match_info["reference"]):
            return _json({"error": "no such hold"}, 404)
        return _json({"expired": request.match_info["reference"]})

    async def by_hand(self, act: Act, request: web.Request) -> web.Response:
        """A person at the provider's portal, the issuer, or the provider by itself; 409 when the books forbid it."""
        order = _read(ByHand, await request.text())
        try:
            done = self._provider.by_hand(act, order.reference, order.amount_minor, order.by)
        except Refused as refused:
            return _json({"error": refused.message}, 409)
        return _json(_shown(done))

    async def send_webhook(self, request: web.Request) -> web.Response:
        """A forged webhook."""
        order = _read(SendWebhook, await request.text())
        self._webhooks.send(order.url, order.id)
        return _json({"sending": order.id})


def _shown(transaction: Transaction) -> dict[str, Any]:
    return {
        "reference": transaction.reference,
        "type": transaction.type,
        "status": transaction.status,
        "failure_code": transaction.failure_code,
        "order_reference": transaction.order_reference,
        "amount": transaction.amount,
        "authorised": transaction.authorised,
        "currency": transaction.currency,
    }


def _read(model: type[M], text: str) -> M:
    return model.model_validate_json(text)


def _read_many(model: type[M], text: str) -> list[M]:
    if not text.lstrip().startswith("["):
        return [_read(model, text)]
    return TypeAdapter(list[model]).validate_json(text)  # type: ignore[valid-type]


def _json(value: object, status: int = 200) -> web.Response:
    return web.Response(status=status, text=to_json(value), content_type="application/json")


async def _readable(handler: Callable[[web.Request], Awaitable[web.Response]], request: web.Request) -> web.Response:
    try:
        return await handler(request)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        return _json({"error": f"{where}: {first['msg']}"}, 400)
