"""Records that nobody can read, among the good ones, on the topics that a fleet writes to."""

from __future__ import annotations

from random import Random

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from tapwatt.facts.events import ChargingEnded, SessionRequested, StopRequested
from tapwatt.facts.fact import Fact
from tapwatt.facts.topics import Topics, fact_type

TARGETS: tuple[type[Fact], ...] = (SessionRequested, StopRequested, ChargingEnded)
_LARGE = 900 * 1024


class Poisoner:
    """Use it as `async with`. `stood_at` is where each one that was taken stands, as topic/partition/offset."""

    def __init__(self, bootstrap: str, topics: Topics, seed: int) -> None:
        self._topics = topics
        self._chance = Random(f"poison/{seed}")
        self._producer = AIOKafkaProducer(bootstrap_servers=bootstrap, max_request_size=2 * _LARGE)
        self.stood_at: list[str] = []
        self._number = 0

    async def __aenter__(self) -> Poisoner:
        await self._producer.start()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._producer.stop()

    async def one(self) -> None:
        """One more of them; if the broker is away, the world is better by one."""
        self._number += 1
        fact = self._chance.choice(TARGETS)
        value, headers = self._made(fact)
        try:
            taken = await self._producer.send_and_wait(
                self._topics.of(fact), value, key=b"poison-%d" % self._number, headers=headers
            )
        except (KafkaError, OSError, TimeoutError):
            return
        self.stood_at.append(f"{taken.topic}/{taken.partition}/{taken.offset}")

    def _made(self, fact: type[Fact]) -> tuple[bytes | None, list[tuple[str, bytes | None]]]:
        named: list[tuple[str, bytes | None]] = [
            ("ce_specversion", b"1.0"),
            ("ce_id", b"poison-%d" % self._number),
            ("ce_source", b"/poison"),
            ("ce_type", fact_type(fact).encode()),
            ("ce_time", b"2026-01-01T00:00:00Z"),
        ]
        kinds: tuple[tuple[bytes | None, list[tuple[str, bytes | None]]], ...] = (
            (b"\xff\xfe no fact", named),
            (b'{"a":' * 20_000 + b"1" + b"}" * 20_000, named),
            (b"{}", [(name, None) for name, _ in named]),
            (b'{"session_id": 7, "place": [], "stop_id": {}, "energy_wh": "NaN"}', named),
            (None, named),
            (b"{}", [(name, b"9.9" if name == "ce_specversion" else raw) for name, raw in named]),
            (b"{}", [(name, b"tapwatt.nobody.v99" if name == "ce_type" else raw) for name, raw in named]),
            (b'"' + b"x" * _LARGE + b'"', named),
            (b"[]", [("ce_id", b"\xff"), ("\u20ac", b"")]),
        )
        return self._chance.choice(kinds)
