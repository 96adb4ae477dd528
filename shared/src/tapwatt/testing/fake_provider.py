"""A payment provider in memory, with terminals, cards and faults on demand: for tests, simulations and trials."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from tapwatt.clock import Clock
from tapwatt.errors import BrokenInvariant, OutcomeUnknown, Unavailable
from tapwatt.facts.bill import CardSlip
from tapwatt.money import Money
from tapwatt.provider.fingerprints import Fingerprints
from tapwatt.provider.port import (
    KIND_OF,
    AtTerminal,
    AuthoriseRequest,
    CaptureRequest,
    Failure,
    FollowUp,
    Kind,
    ReadTokenRequest,
    RefundRequest,
    Request,
    ReversalRequest,
    Status,
    Transaction,
)
from tapwatt.testing.fake_ledger import Books, Held
from tapwatt.testing.fake_portal import Portal
from tapwatt.testing.fake_terminals import BankCard, Fault, Habits, Terminal, Terminals, Trouble
from tapwatt.testing.fake_transactions import Known, Late, Remembered


class FakeProvider:
    """Passes the contract tests of the real one. What time does is done when somebody next looks, in order of time."""

    def __init__(
        self,
        clock: Clock,
        fingerprints: Fingerprints,
        *,
        habits: Habits | None = None,
        trouble: Trouble = lambda verb, reference: None,
        tell: Callable[[str], None] = lambda reference: None,
    ) -> None:
        self._clock = clock
        self._at = datetime.min.replace(tzinfo=UTC)
        self._fingerprints = fingerprints
        self._habits = habits or Habits()
        self._trouble = trouble
        self._tell = tell
        self._books = Books(self._habits.auto_release, self._habits.captures_once)
        self.portal = Portal(self._books, self._look, self._by_hand)
        self._all: dict[str, Known] = {}
        self._undecided: dict[str, Known] = {}
        self._orders: defaultdict[str | None, list[Known]] = defaultdict(list)
        self._remembered: dict[str, Remembered] = {}
        self._late: list[Late] = []
        self._terminals = Terminals(self._habits.terminals)
        self._next: defaultdict[str, deque[Fault]] = defaultdict(deque)

    # --- the port ---

    async def authorise(self, ask: AuthoriseRequest) -> Transaction:
        """Begin a hold."""
        return await self._do("authorise", ask)

    async def read_token(self, ask: ReadTokenRequest) -> Transaction:
        """Begin reading a card."""
        return await self._do("read_token", ask)

    async def capture(self, ask: CaptureRequest) -> Transaction:
        """Take money of a hold."""
        return await self._do("capture", ask)

    async def reverse(self, ask: ReversalRequest) -> Transaction:
        """Let a hold go."""
        return await self._do("reverse", ask)

    async def refund(self, ask: RefundRequest) -> Transaction:
        """Give money of a capture back."""
        return await self._do("refund", ask)

    async def status(self, reference: str) -> Transaction | None:
        """The transaction with this reference."""
        await self._asked("status", reference)
        known = self._all.get(reference)
        return None if known is None else known.told

    async def find(self, order_reference: str) -> list[Transaction]:
        """Every transaction of this order reference, oldest first."""
        await self._asked("find", order_reference)
        return [one.told for one in self._orders[order_reference]]

    async def slip(self, hold_reference: str) -> CardSlip | None:
        """What a receipt shows of this hold's card."""
        await self._asked("slip", hold_reference)
        return self._all[hold_reference].slip if hold_reference in self._all else None

    async def cancel(self, pending: Transaction) -> None:
        """Cancel a pending transaction, unless it is too late."""
        await self._asked("cancel", pending.reference)
        known = self._all.get(pending.reference)
        if known is not None and known.told.status is Status.PENDING and isinstance(known.ask, AtTerminal):
            self._end(known, Failure.CANCELLED)

    async def aclose(self) -> None:
        """Nothing to close."""

    # --- what drivers, the helpdesk and tests do ---

    def present(self, terminal_id: str, card: BankCard) -> Transaction | None:
        """Somebody presents a card; None if nothing waits for one there, or the terminal is offline."""
        waiting = self._waiting_at(terminal_id)
        if waiting is None or self._terminals.state(terminal_id) is Terminal.OFFLINE:
            return None
        waiting.seen = card
        if self._strikes("present", waiting.told.reference) is Fault.MANUAL:
            self._change(waiting, status=Status.MANUAL)
        elif isinstance(waiting.ask, AuthoriseRequest) and card.failure is not None:
            self._end(waiting, card.failure)
        else:
            self._succeed(waiting)
        return waiting.told

    def press_cancel(self, terminal_id: str) -> Transaction | None:
        """The driver presses cancel; None if nothing waits there."""
        waiting = self._waiting_at(terminal_id)
        if waiting is None:
            return None
        self._end(waiting, Failure.CANCELLED)
        return waiting.told

    def put(self, terminal_id: str, state: Terminal) -> None:
        """A terminal becomes online, busy, offline or unknown."""
        self._terminals.put(terminal_id, state)

    def resolve(self, reference: str, failure: Failure | None = None) -> Transaction:
        """The helpdesk decides a transaction that needs manual intervention."""
        self._let_time_pass()
        known = self._all[reference]
        if known.told.status is not Status.MANUAL:
            raise ValueError(f"{reference} is {known.told.status}: only a manual one is resolved by hand")
        self._succeed(known) if failure is None else self._end(known, failure)
        return known.told

    def expire(self, hold_reference: str) -> None:
        """A hold's window ends now."""
        self._let_time_pass()
        self._books.expire(hold_reference, self._at)

    def break_next(self, verb: str, *faults: Fault) -> None:
        """The next calls of this verb go wrong, one fault each, before any that `trouble` says."""
        self._next[verb].extend(faults)

    def holds(self) -> list[Held]:
        """The books: every hold, with what was taken of it, let go and given back."""
        self._let_time_pass()
        return self._books.holds(self._at)

    # --- one call ---

    async def _do(self, verb: str, ask: Request) -> Transaction:
        fault = await self._asked(verb, ask.idempotency_reference)
        if fault is Fault.REQUEST_LOST:
            raise OutcomeUnknown(f"{verb} {ask.idempotency_reference}: no answer; it may have been done")
        if fault is Fault.LATE:
            self._late.append(Late(self._at + timedelta(seconds=self._habits.late_s), ask))
            raise OutcomeUnknown(f"{verb} {ask.idempotency_reference}: no answer; it may have been done")
        answer = self._once(ask, fault)
        if fault is Fault.ANSWER_LOST:
            raise OutcomeUnknown(f"{verb} {ask.idempotency_reference}: no answer; it may have been done")
        return answer

    async def _asked(self, verb: str, reference: str) -> Fault | None:
        if self._habits.latency_s:
            await self._clock.sleep(self._habits.latency_s)
        self._let_time_pass()
        fault = self._strikes(verb, reference)
        if fault is Fault.UNAVAILABLE or (fault is not None and verb in ("status", "find", "slip", "cancel")):
            raise Unavailable(f"{verb} {reference}: the provider is not available")
        return fault

    def _strikes(self, verb: str, reference: str) -> Fault | None:
        return self._next[verb].popleft() if self._next[verb] else self._trouble(verb, reference)

    def _once(self, ask: Request, fault: Fault | None) -> Transaction:
        before = None if isinstance(ask, ReadTokenRequest) else self._remembered.get(ask.idempotency_reference)
        if before is not None and self._at < before.until:
            if before.ask != ask:
                raise BrokenInvariant(f"{ask.idempotency_reference} was used before with another content")
            return before.answer
        answer = self._at_terminal(ask) if isinstance(ask, AtTerminal) else self._follow_up(ask, fault)
        until = self._at + timedelta(seconds=self._habits.idempotency_window_s)
        self._remembered[ask.idempotency_reference] = Remembered(ask, answer, until)
        return answer

    def _at_terminal(self, ask: AtTerminal) -> Transaction:
        amount = ask.amount if isinstance(ask, AuthoriseRequest) else None
        state = self._terminals.state(ask.terminal_id)
        if state is Terminal.UNKNOWN:
            return _refused(ask, ask.idempotency_reference, Failure.TERMINAL_UNKNOWN, amount)
        begun = self._begin(KIND_OF[type(ask)], ask, ask.order_reference, amount)
        if state is Terminal.OFFLINE:
            self._end(begun, Failure.TERMINAL_OFFLINE)
        elif state is Terminal.BUSY or self._waiting_at(ask.terminal_id) is not begun:
            self._end(begun, Failure.TERMINAL_BUSY)
        else:
            begun.due = self._at + timedelta(seconds=self._habits.pending_s)
        return begun.told

    def _follow_up(self, ask: FollowUp, fault: Fault | None) -> Transaction:
        origin = ask.capture_reference if isinstance(ask, RefundRequest) else ask.hold_reference
        refusal = Failure.REJECTED if fault is Fault.REFUSED else self._refuses(ask, origin)
        amount = None if isinstance(ask, ReversalRequest) else ask.amount
        if refusal is not None:
            return _refused(ask, origin, refusal, amount, origin)
        begun = self._begin(KIND_OF[type(ask)], ask, self._all[origin].told.order_reference, amount, origin)
        if fault is Fault.MANUAL:
            self._change(begun, status=Status.MANUAL)
        elif fault is Fault.PENDING:
            begun.due = self._at + timedelta(seconds=self._habits.late_s)
        else:
            self._succeed(begun)
        return begun.told

    def _refuses(self, ask: FollowUp, origin: str) -> Failure | None:
        if origin not in self._all:
            return Failure.UNKNOWN_REFERENCE
        hold = self._hold_of(origin) or ""
        if any(self._hold_of(one.told.original_reference) == hold for one in self._undecided.values()):
            return Failure.REJECTED
        match ask:
            case CaptureRequest():
                return self._books.refuses_take(hold, ask.amount, self._at)
            case ReversalRequest():
                return self._books.refuses_let_go(hold, self._at)
            case RefundRequest():
                return self._books.refuses_give_back(hold, ask.amount, self._at)

    def _hold_of(self, reference: str | None) -> str | None:
        """The hold that a hold, or a capture of it, belongs to."""
        known = self._all.get(reference or "")
        return None if known is None else known.told.original_reference or reference

    # --- what becomes of a transaction ---

    def _begin(
        self, kind: Kind, ask: Request | None, order: str | None, amount: Money | None, origin: str | None = None
    ) -> Known:
        begun = Known(
            Transaction(
                reference=f"M{len(self._all) + 1:06d}",
                kind=kind,
                status=Status.PENDING,
                order_reference=order,
                original_reference=origin,
                asked=amount,
                created_at=self._at,
            ),
            ask,
        )
        self._all[begun.told.reference] = self._undecided[begun.told.reference] = begun
        self._orders[order].append(begun)
        return begun

    def _succeed(self, known: Known) -> None:
        now, reference, amount, card, slip = self._at, known.told.reference, known.told.asked, None, None
        hold = self._hold_of(known.told.original_reference) or ""
        shown = self._all[hold].slip if hold and self._habits.capture_repeats_card else None
        secrets = (None, None) if known.seen is None else known.seen.secrets
        match known.ask:
            case AuthoriseRequest(order_reference=order, amount=wanted):
                amount = wanted if known.seen is None else known.seen.holds(wanted)
                card = self._fingerprints.current(*secrets)
                known.told = replace(known.told, brand=known.seen.brand if known.seen else None)
                self._books.place(reference, order, amount, now + timedelta(seconds=self._habits.hold_s))
            case ReadTokenRequest():
                card = self._fingerprints.every(*secrets)
            case CaptureRequest(amount=wanted):
                self._books.take(hold, wanted)
                slip = shown
            case ReversalRequest():
                amount = self._books.let_go(hold)
            case RefundRequest(amount=wanted):
                self._books.give_back(hold, wanted)
            case None:  # by hand: the books have it already
                slip = shown if known.told.kind is Kind.CAPTURE else None
        self._change(known, status=Status.SUCCESS, amount=amount, card=card, slip=slip, final_at=now)

    def _look(self, reference: str) -> tuple[str, datetime]:
        self._let_time_pass()
        return self._hold_of(reference) or reference, self._at

    def _by_hand(self, kind: Kind, origin: str, amount: Money) -> Transaction:
        done = self._begin(kind, None, self._all[origin].told.order_reference, amount, origin)
        self._succeed(done)
        return done.told

    def _end(self, known: Known, failure: Failure) -> None:
        self._change(known, status=Status.FAILED, failure=failure, detail=failure.value, final_at=self._at)

    def _change(self, known: Known, **changes: object) -> None:
        known.told = replace(known.told, **changes)  # type: ignore[arg-type]
        known.due = None
        if known.told.status in (Status.SUCCESS, Status.FAILED):
            del self._undecided[known.told.reference]
        self._tell(known.told.reference)

    # --- time ---

    def _let_time_pass(self) -> None:
        """Does what has become due, each thing at its own time, and so in order."""
        now = self._clock.now()
        while (due := min(self._due(), key=lambda one: one[0], default=None)) is not None and due[0] <= now:
            self._at, what = due
            if isinstance(what, Late):
                self._late.remove(what)
                self._once(what.ask, None)
            elif isinstance(what.ask, AtTerminal):
                self._end(what, Failure.EXPIRED)
            else:
                self._succeed(what)
        self._at = now

    def _due(self) -> Iterator[tuple[datetime, Late | Known]]:
        yield from ((late.due, late) for late in self._late)
        yield from ((known.due, known) for known in self._undecided.values() if known.due is not None)

    def _waiting_at(self, terminal_id: str) -> Known | None:
        self._let_time_pass()
        for known in self._undecided.values():
            at = known.ask.terminal_id if isinstance(known.ask, AtTerminal) else None
            if at == terminal_id and known.told.status is Status.PENDING:
                return known
        return None


def _refused(
    ask: Request, reference: str, failure: Failure, amount: Money | None, origin: str | None = None
) -> Transaction:
    """A refusal leaves no transaction at the provider."""
    order = ask.order_reference if isinstance(ask, AtTerminal) else None
    return Transaction(reference, KIND_OF[type(ask)], Status.FAILED, order, origin, amount, failure=failure)


__all__ = ["BankCard", "FakeProvider", "Fault", "Habits", "Held", "Terminal", "Trouble"]
