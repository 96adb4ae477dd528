"""Tells one session's story in order of time: what its fleet said, what we said, what the provider did."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from tests.flow.virtual_time import EPOCH
from tests.flow.worker_in_memory import TOPICS
from tests.simulation.oracle import Named
from tests.simulation.world import World

from tapwatt.errors import Poison
from tapwatt.facts.codec import decode
from tapwatt.facts.fact import Fact
from tapwatt.worker.records import Incoming


def story(world: World, name: str) -> list[str]:
    """The facts and the provider's transactions of one session (operator/session), one a line."""
    truth = world.truths[name]
    lines = [*_said(world, name), *_transactions(world, name), *_letters(world, name)]
    lines.sort(key=lambda line: line[0])
    told = [f"{_at(at)}  {who:<9} {what}" for at, who, what in lines]
    books = [
        f"hold {held.reference} of {held.authorised}: {held.captured} taken {held.captures} times, "
        f"{held.reversed} reversed, {held.released} released, {held.refunded} refunded, "
        f"{held.charged_back} charged back"
        for held in world.provider.holds()
        if held.order_reference == name
    ]
    person = [f"by hand: {', '.join(truth.by_hand)}"] if truth.by_hand else []
    odd = [f"odd: {what}" for what in sorted(truth.odd)]
    words = [f"truth: {word.kind} {word.energy_wh} Wh, owes {word.owed}, said {word.at:.0f} s" for word in truth.words]
    named = Named.of(world, truth)
    return [*told, *words, *person, *odd, *books, f"named by: {', '.join(sorted(named.ways)) or 'nothing'}"]


def _said(world: World, name: str) -> list[tuple[datetime, str, str]]:
    lines = []
    for records in _fact_records(world):
        seen = set()
        for record in records:
            try:
                event = decode(record.key, record.value, record.headers)
            except Poison:
                continue
            if event.fact.session != name or (event.envelope.source, event.envelope.id) in seen:
                continue
            seen.add((event.envelope.source, event.envelope.id))
            who = event.envelope.source.rsplit("/", 1)[-1]
            lines.append((event.envelope.time, who, f"{event.fact.name} {_short(event.fact)}"))
    return lines


def _fact_records(world: World) -> Iterator[list[Incoming]]:
    for partition, records in world.log._records.items():
        if ".retry-" not in partition.topic and partition.topic != TOPICS.dead_letters:
            yield records


def _short(fact: Fact) -> str:
    left_out = {"place", "tariff", "card", "periods", "lines", "session_id", "operator_id", "time_zone", "vat", "hold"}
    said = fact.model_dump(mode="json", exclude=left_out, exclude_none=True, exclude_defaults=True)
    return " ".join(f"{key}={value}" for key, value in said.items())


def _transactions(world: World, name: str) -> list[tuple[datetime, str, str]]:
    return [
        (
            known.told.created_at or EPOCH,
            "provider",
            f"{known.told.kind} {known.told.reference} of {known.told.original_reference or '-'}: {known.told.status} "
            f"{known.told.amount or known.told.asked or ''} {known.told.failure or ''} "
            f"final {known.told.final_at and _at(known.told.final_at)}{' by hand' if known.ask is None else ''}",
        )
        for known in world.provider._all.values()
        if known.told.order_reference == name
    ]


def _letters(world: World, name: str) -> list[tuple[datetime, str, str]]:
    lines = []
    for letter in world.ear.letters:
        said = {key: (raw or b"").decode("utf-8", "replace") for key, raw in letter.headers}
        if world.ear.session_of(letter) == name:
            at = datetime.fromisoformat(said["tapwatt_dead_lettered_at"])
            lines.append((at, said["tapwatt_dead_lettered_by"], f"DEAD LETTER {said['tapwatt_reason']}"))
    return lines


def _at(moment: datetime) -> str:
    since: timedelta = moment - EPOCH
    days, seconds = since.days, since.seconds
    return (
        f"day {days:>3} {seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{since.microseconds // 1000:03}"
    )
