"""Where the records first stood that are dead letters now."""

from __future__ import annotations

from tapwatt.facts.topics import Topics
from tapwatt.worker.kafka.log_reader import read_log


async def origins(bootstrap: str, topics: Topics) -> set[str]:
    """As topic/partition/offset, of every dead letter."""
    found = set()
    async for record in read_log(bootstrap, [topics.dead_letters]):
        found |= {(raw or b"").decode(errors="replace") for name, raw in record.headers if name == "tapwatt_origin"}
    return found
