"""Breaks the provider on purpose: which faults are set, whom they strike, and how often, the same way in every run."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

Verb = Literal["authorise", "token", "capture", "reversal", "refund", "status", "cancel"]
FaultKind = Literal[
    "latency",
    "slow_answer",
    "too_many_requests",
    "error_before",
    "error_after",
    "answer_lost",
    "late_apply",
    "ingress_page",
    "key_refused",
    "reference_forgotten",
    "pending",
    "partial_approval",
    "decline",
    "manualintervention",
    "webhook_lost",
    "webhook_duplicated",
    "webhook_late",
]
KINDS: tuple[str, ...] = get_args(FaultKind)


class Fault(BaseModel):
    """One fault, the calls it strikes, and its measure. A condition left out matches everything."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = ""
    kind: FaultKind
    verb: Verb | None = None
    terminal: str | None = None
    order_reference: str | None = None
    skip: int = Field(default=0, ge=0)
    """How many calls it would strike pass first."""
    count: int | None = Field(default=None, ge=1)
    """How many times it strikes at most."""
    probability: float = Field(default=1.0, gt=0, le=1)
    seconds: float = Field(default=1.0, ge=0, le=3600)
    """How long: of latency, slow_answer, late_apply, pending, webhook_late."""
    after_s: float = Field(default=0.0, ge=0)
    """It begins so many seconds after it was set."""
    for_s: float | None = Field(default=None, gt=0)
    """It is over so many seconds after it began; with none it stays until it is taken away."""
    status: int = Field(default=503, ge=400, le=599)
    """The HTTP status of error_before, error_after and ingress_page."""
    failure_code: str = "card_refused"
    """Of decline."""
    response_code: str | None = None
    """The acquirer's response code of decline; the usual one when not said."""
    amount_minor: int | None = Field(default=None, gt=0)
    """Of partial_approval: this much at most, in minor units."""
    percent: int = Field(default=50, ge=1, le=100)
    """Of partial_approval when no amount is given: this share of what was asked, rounded down to a minor unit."""


@dataclass(frozen=True)
class Subject:
    """The call a fault may strike."""

    verb: str
    terminal: str | None = None
    order_reference: str | None = None
    key: str | None = None


class Faults:
    """The faults now set. They live in memory: a restart begins with those of the settings again."""

    def __init__(self, seed: str, given: tuple[Fault, ...], now: Callable[[], int]) -> None:
        self._seed = seed
        self._now = now
        self._since: dict[str, int] = {}
        self._set: dict[str, Fault] = {}
        self._struck: Counter[str] = Counter()
        self._passed: Counter[str] = Counter()
        self._asked: Counter[tuple[str, str]] = Counter()
        self._numbered = 0
        for fault in given:
            self.add(fault)

    def add(self, fault: Fault) -> Fault:
        """Sets a fault, with an id when it brings none; the same id again replaces the fault and its counts."""
        if not fault.id:
            self._numbered += 1
            fault = fault.model_copy(update={"id": f"fault-{self._numbered}"})
        self.remove(fault.id)
        self._set[fault.id] = fault
        self._since[fault.id] = self._now()
        return fault

    def remove(self, fault_id: str) -> bool:
        """Takes a fault away; False when there is none of this id."""
        self._struck.pop(fault_id, None)
        self._passed.pop(fault_id, None)
        return self._set.pop(fault_id, None) is not None

    def clear(self) -> None:
        """Takes every fault away."""
        for fault_id in list(self._set):
            self.remove(fault_id)

    def any(self) -> bool:
        """Whether any fault is set."""
        return bool(self._set)

    def listed(self) -> list[dict[str, object]]:
        """Every fault and how often it struck."""
        return [
            {**fault.model_dump(exclude_none=True), "struck": self._struck[fault.id]} for fault in self._set.values()
        ]

    def strike(self, kind: FaultKind, subject: Subject) -> Fault | None:
        """The first fault of this kind that strikes this call now, counted as struck."""
        for fault in self._set.values():
            if fault.kind == kind and _concerns(fault, subject) and self._strikes(fault, subject):
                self._struck[fault.id] += 1
                return fault
        return None

    def _strikes(self, fault: Fault, subject: Subject) -> bool:
        if fault.count is not None and self._struck[fault.id] >= fault.count:
            return False
        if not self._now_is_its_time(fault):
            return False
        if fault.probability < 1 and not self._drawn(fault, subject):
            return False
        if self._passed[fault.id] < fault.skip:
            self._passed[fault.id] += 1
            return False
        return True

    def _now_is_its_time(self, fault: Fault) -> bool:
        passed_s = (self._now() - self._since[fault.id]) / 1000 - fault.after_s
        return passed_s >= 0 and (fault.for_s is None or passed_s < fault.for_s)

    def _drawn(self, fault: Fault, subject: Subject) -> bool:
        """Drawn by a hash of who is struck and for which time: the order of concurrent calls does not matter."""
        who = f"{subject.verb}|{subject.order_reference or subject.key or subject.terminal}"
        self._asked[fault.id, who] += 1
        drawn = sha256(f"{self._seed}|{fault.id}|{fault.kind}|{who}|{self._asked[fault.id, who]}".encode()).digest()
        return int.from_bytes(drawn[:8]) < fault.probability * 2**64


def _concerns(fault: Fault, subject: Subject) -> bool:
    return (
        fault.verb in (None, subject.verb)
        and fault.terminal in (None, subject.terminal)
        and fault.order_reference in (None, subject.order_reference)
    )
