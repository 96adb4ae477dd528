"""Two worlds round a provider, told apart by nobody: one in memory, one the simulator's process behind CCV's wire."""

from __future__ import annotations

import itertools
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, Protocol

import aiohttp
from pydantic import SecretStr
from tests.contract.provider_clock import JumpingClock

from tapwatt.clock import Clock, SystemClock
from tapwatt.money import Money
from tapwatt.provider.card_slips import Shown
from tapwatt.provider.ccv import CcvProvider
from tapwatt.provider.fingerprints import Fingerprints
from tapwatt.provider.port import Failure, Provider
from tapwatt.provider.settings import ProviderSettings, provider_settings
from tapwatt.testing.fake_provider import BankCard, FakeProvider, Fault, Habits, Terminal

KEYS = {1: b"1" * 32, 2: b"2" * 32}
KEYS_TEXT = ",".join(f"{version}:{key.hex()}" for version, key in KEYS.items())
_RECEIPT = "CHARGING\nMASTERCARD\nCard: 541333******1234\nAID: A0000000041010\nApproval code: 123456\nAPPROVED"
NUMBERS = itertools.count(1)
LATE_S = 0.3

Trouble = Literal["busy_now", "answer_lost", "late", "manual", "refused", "pending"]
Verb = Literal["authorise", "read_token", "capture", "reverse", "refund", "present"]
Act = Literal["capture", "reversal", "cancel_capture", "refund", "automatic_refund", "chargeback"]
"""What is done beside the API: by a person at the provider's portal, the issuer, or the provider by itself."""
TerminalState = Literal["online", "busy", "offline", "unknown"]


_MEMORY_FAULTS = {
    "busy_now": Fault.UNAVAILABLE,
    "answer_lost": Fault.ANSWER_LOST,
    "late": Fault.LATE,
    "manual": Fault.MANUAL,
    "refused": Fault.REFUSED,
    "pending": Fault.PENDING,
}
_VERBS = {"read_token": "token", "reverse": "reversal", "present": None}
_SIMULATOR_FAULTS: dict[str, dict[str, Any]] = {
    "busy_now": {"kind": "too_many_requests"},
    "answer_lost": {"kind": "answer_lost"},
    "late": {"kind": "late_apply", "seconds": LATE_S},
    "manual": {"kind": "manualintervention"},
    "refused": {"kind": "decline", "failure_code": "rejected"},
    "pending": {"kind": "pending", "seconds": LATE_S},
}
_DECLINES = {
    Failure.DECLINED: {"decline": "card_refused"},
    Failure.INSUFFICIENT_FUNDS: {"decline": "insufficient_funds"},
    Failure.PIN_REQUIRED: {"pin": "always"},
}


@dataclass(frozen=True)
class Books:
    """One hold in the provider's books, in minor units."""

    authorised: int
    captured: int
    let_go: int
    refunded: int
    charged_back: int = 0


@dataclass(frozen=True)
class Card:
    """A card a test makes. `failure` is what a hold on it ends in; `at_most` what it can hold, in minor units."""

    name: str
    account: str = ""
    has_par: bool = True
    failure: Failure | None = None
    at_most: int | None = None


class World(Protocol):
    """What a test does beside asking the provider."""

    provider: Provider
    clock: Clock

    async def make(self, card: Card) -> None: ...
    async def present(self, terminal_id: str, card: Card) -> None: ...
    async def press_cancel(self, terminal_id: str) -> None: ...
    async def put(self, terminal_id: str, state: TerminalState) -> None: ...
    async def by_hand(self, act: Act, reference: str, amount: int | None = None) -> bool: ...
    async def break_next(self, verb: Verb, trouble: Trouble) -> None: ...
    async def expire(self, hold_reference: str) -> None: ...
    async def resolve(self, reference: str) -> None: ...
    async def books(self, hold_reference: str) -> Books: ...
    async def secrets(self) -> Sequence[str]: ...


class MemoryWorld:
    """The provider in memory."""

    def __init__(self, habits: Habits) -> None:
        self.clock: Clock = JumpingClock()
        self._cards: dict[str, BankCard] = {}
        habits = replace(habits, late_s=LATE_S)
        self.memory = FakeProvider(self.clock, Fingerprints(KEYS, live=False), habits=habits)
        self.provider: Provider = self.memory

    async def make(self, card: Card) -> None:
        number = f"{len(self._cards):016d}"
        par = SecretStr(f"5001{(card.account or card.name).upper().replace('-', ''):0>25}")
        self._cards[card.name] = BankCard(
            SecretStr(f"99{number}"),
            par if card.has_par else None,
            card.failure,
            card.at_most,
            Shown(
                brand=SecretStr("mastercard"),
                masked_pan=SecretStr("541333******1234"),
                entry_mode=SecretStr("CONTACTLESS"),
                acquirer=SecretStr("SIM"),
                response_code=SecretStr("00"),
                # A provider in its TEST mode might well print what it should not.
                receipt=SecretStr(f"{_RECEIPT}\nToken: 99{number}"),
            ),
        )

    async def present(self, terminal_id: str, card: Card) -> None:
        assert self.memory.present(terminal_id, self._cards[card.name])

    async def press_cancel(self, terminal_id: str) -> None:
        assert self.memory.press_cancel(terminal_id)

    async def put(self, terminal_id: str, state: TerminalState) -> None:
        self.memory.put(terminal_id, Terminal(state))

    async def break_next(self, verb: Verb, trouble: Trouble) -> None:
        self.memory.break_next(verb, _MEMORY_FAULTS[trouble])

    async def expire(self, hold_reference: str) -> None:
        self.memory.expire(hold_reference)

    async def resolve(self, reference: str) -> None:
        self.memory.resolve(reference)

    async def books(self, hold_reference: str) -> Books:
        held = next(one for one in self.memory.holds() if one.reference == hold_reference)
        let_go = held.released + held.reversed
        return Books(
            held.authorised.minor, held.captured.minor, let_go.minor, held.refunded.minor, held.charged_back.minor
        )

    async def by_hand(self, act: Act, reference: str, amount: int | None = None) -> bool:
        portal, money = self.memory.portal, Money(minor=amount or 0, currency="EUR")
        try:
            match act:
                case "capture":
                    portal.capture(reference, money)
                case "reversal":
                    portal.reverse(reference)
                case "cancel_capture":
                    portal.cancel_capture(reference)
                case "refund" | "automatic_refund":
                    portal.refund(reference, money)
                case "chargeback":
                    portal.charge_back(reference, money)
        except ValueError:
            return False
        return True

    async def secrets(self) -> Sequence[str]:
        found = [one for card in self._cards.values() for one in (card.token, card.par) if one is not None]
        return [one.get_secret_value() for one in found]


class SimulatedWorld:
    """The simulator's process, known by its address alone; drivers use its admin API."""

    def __init__(self, url: str, http: aiohttp.ClientSession) -> None:
        self._url, self._http = url, http
        self.clock: Clock = SystemClock()
        settings = settings_for(url)
        self.provider: Provider = CcvProvider(settings, Fingerprints(settings.keys(), live=settings.live))

    async def _admin(self, method: str, path: str, body: object = None) -> Any:
        async with self._http.request(method, f"{self._url}/admin/{path}", json=body) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()

    async def make(self, card: Card) -> None:
        given: dict[str, Any] = {"name": card.name, "has_par": card.has_par, "pin": "never"}
        given |= {"account": card.account} if card.account else {}
        given |= {"approves_up_to": card.at_most} if card.at_most else {}
        given |= _DECLINES[card.failure] if card.failure else {}
        await self._admin("POST", "cards", given)

    async def present(self, terminal_id: str, card: Card) -> None:
        await self._admin("POST", f"terminals/{terminal_id}/present", {"card": card.name})

    async def press_cancel(self, terminal_id: str) -> None:
        await self._admin("POST", f"terminals/{terminal_id}/cancel")

    async def put(self, terminal_id: str, state: TerminalState) -> None:
        await self._admin("POST", f"terminals/{terminal_id}/state", {"state": state})

    async def break_next(self, verb: Verb, trouble: Trouble) -> None:
        fault = {**_SIMULATOR_FAULTS[trouble], "count": 1}
        name = _VERBS.get(verb, verb)
        await self._admin("POST", "faults", {**fault, "verb": name} if name else fault)

    async def expire(self, hold_reference: str) -> None:
        await self._admin("POST", f"holds/{hold_reference}/expire")

    async def resolve(self, reference: str) -> None:
        await self._admin("POST", f"transactions/{reference}/resolve", {"status": "success"})

    async def books(self, hold_reference: str) -> Books:
        ledger = await self._admin("GET", "ledger")
        held = next(one for one in ledger["authorisations"] if one["reference"] == hold_reference)
        let_go = held["released"] + held["reversed"]
        return Books(held["authorised"], held["captured"], let_go, held["refunded"], held["charged_back"])

    async def by_hand(self, act: Act, reference: str, amount: int | None = None) -> bool:
        body = {"reference": reference} | ({"amount_minor": amount} if amount else {})
        async with self._http.post(f"{self._url}/admin/portal/{act}", json=body) as answer:
            assert answer.status in (200, 409), await answer.text()
            return answer.status == 200

    async def secrets(self) -> Sequence[str]:
        every = await self._admin("GET", "cards")
        return [one[what] for one in every for what in ("pan", "token", "par") if one[what]]


def settings_for(url: str, **changes: Any) -> ProviderSettings:
    """The adapter's settings for a server of surface A on this machine."""
    given = {
        "base_url": f"{url}/api/v1",
        "api_key": "t_contract",
        "fingerprint_keys": KEYS_TEXT,
        "answer_s": 10.0,
        "poll_first_s": 0.05,
        "poll_longest_s": 0.2,
        "poll_least_s": 0.0,
        "try_pause_s": 0.05,
        "_env_file": None,
    }
    return provider_settings(**{**given, **changes})


@contextmanager
def simulator(ledger: Path, *options: str) -> Iterator[str]:
    """The simulator's address; the process lives as long as the block."""
    command = [sys.executable, "-m", "simulator", "--port", "0", "--ledger", str(ledger), "--api-key", "t_contract"]
    with subprocess.Popen([*command, *options], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line.startswith("listening on "), f"the simulator said {line!r} and not where it listens"
            yield line.split()[-1]
        finally:
            process.terminate()
            process.wait(20)


@asynccontextmanager
async def simulated_world(url: str) -> AsyncIterator[SimulatedWorld]:
    """A world in the simulator's process, rid of every fault afterwards."""
    async with aiohttp.ClientSession() as http:
        world = SimulatedWorld(url, http)
        yield world
        await world._admin("DELETE", "faults")
        await world.provider.aclose()
