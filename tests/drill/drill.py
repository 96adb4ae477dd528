"""Breaks one thing after another, and notes who was woken, how soon, what else came, and when it was over."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from tests.drill.faults import Broken, Stage
from tests.drill.watching import Watching

PAGED_WITHIN_S = 120.0
OVER_WITHIN_S = 600.0
QUIET_S = 20.0
"""For so long nobody is to be woken before the next thing is broken."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one fault: seconds to the page and to its end, None where it did not come; who else was woken."""

    fault: str
    alert: str
    paged_s: float | None
    over_s: float | None
    other_pages: tuple[str, ...]
    others: tuple[str, ...]
    allowed: frozenset[str]

    @property
    def good(self) -> bool:
        """The right page in time and no other, and it ended."""
        in_time = self.paged_s is not None and self.paged_s <= PAGED_WITHIN_S
        return in_time and self.over_s is not None and not set(self.other_pages) - self.allowed


async def drill(
    stage: Stage, watching: Watching, faults: Sequence[Broken], says: Callable[[str], None]
) -> list[Outcome]:
    """Every fault in turn, each on a ring that nobody is woken for."""
    outcomes = []
    begun = time.monotonic()
    for number, fault in enumerate(faults, start=1):
        await asyncio.sleep(max(fault.not_before_s - (time.monotonic() - begun), 0))
        await _quiet(watching, says)
        says(f"{number} of {len(faults)}: {fault.name}")
        outcome = await _one(stage, watching, fault, says)
        says(_said(outcome))
        outcomes.append(outcome)
    return outcomes


async def _one(stage: Stage, watching: Watching, fault: Broken, says: Callable[[str], None]) -> Outcome:
    for woken in (watching.pages, watching.tickets, watching.informs):
        woken.fired.clear()
        woken.over.clear()
    async with fault.within(stage):
        broken = time.monotonic()
        fired = await _until(lambda: fault.pages in watching.pages.fired, PAGED_WITHIN_S + 30)
        paged_s = watching.pages.fired[fault.pages] - broken if fired else None
    mended = time.monotonic()
    over = fired and await _until(lambda: _over(watching, fault.pages), OVER_WITHIN_S)
    over_s = watching.pages.over[fault.pages] - mended if over else None
    if not over:
        says(f"  still firing: {await watching.firing()}")
    others = sorted({*watching.tickets.fired, *watching.informs.fired})
    pages = sorted(set(watching.pages.fired) - {fault.pages})
    return Outcome(fault.name, fault.pages, paged_s, over_s, tuple(pages), tuple(others), fault.also)


def _over(watching: Watching, alert: str) -> bool:
    return alert in watching.pages.over


async def _quiet(watching: Watching, says: Callable[[str], None]) -> None:
    """Wait until nothing pages, and has not for a while."""
    until, since = time.monotonic() + OVER_WITHIN_S, time.monotonic()
    while time.monotonic() < until:
        pages = (await watching.firing()).get("page", set())
        if pages:
            since = time.monotonic()
        if time.monotonic() - since >= QUIET_S:
            return
        await asyncio.sleep(2)
    says(f"  nobody is left in peace: {(await watching.firing()).get('page')}")


async def _until(so: Callable[[], bool], within_s: float) -> bool:
    until = time.monotonic() + within_s
    while not so():
        if time.monotonic() > until:
            return False
        await asyncio.sleep(0.5)
    return True


def _said(one: Outcome) -> str:
    paged = "no page" if one.paged_s is None else f"paged after {one.paged_s:.0f} s"
    over = "not over" if one.over_s is None else f"over after {one.over_s:.0f} s"
    beside = f", also paged: {', '.join(one.other_pages)}" if one.other_pages else ""
    return f"  {one.alert}: {paged}, {over}{beside}"


def table(outcomes: Iterable[Outcome]) -> str:
    """What a drill came to, in Markdown."""
    rows = [
        "| fault | page | s to page | s to be over | other pages | tickets and informs |",
        "|---|---|---|---|---|---|",
    ]
    for one in outcomes:
        paged = "never" if one.paged_s is None else f"{one.paged_s:.0f}"
        over = "never" if one.over_s is None else f"{one.over_s:.0f}"
        words = [", ".join(names) or "none" for names in (one.other_pages, one.others)]
        rows.append(f"| {one.fault} | {one.alert} | {paged} | {over} | {words[0]} | {words[1]} |")
    return "\n".join(rows)
