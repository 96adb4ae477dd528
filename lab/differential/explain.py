"""Finds the fewest known causes that together explain why a peer says another price than ours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lab.differential.cases import Answer, Case, ours
from lab.differential.causes import Cause
from lab.differential.peers import Peer
from lab.differential.readings import Reading, read_as, worked_out_again


@dataclass(frozen=True, slots=True)
class Comparison:
    """What both say about a case; the causes are empty where they agree, None where nothing explains the difference."""

    case: Case
    ours: Answer
    peer: Answer
    causes: tuple[str, ...] | None


def compare(case: Case, peer: Peer, known: Sequence[Cause]) -> Comparison:
    """Price the case with both, and explain a difference.

    That a peer reads steps or limits in its own way does not show that we read them rightly. So our price is not
    explained either if steps and limits, worked out a second time, come to another one.
    """
    mine, theirs = ours(case), peer.price(case)
    if not mine.agrees(worked_out_again(case)):
        return Comparison(case, mine, theirs, None)
    agree = mine.agrees(theirs)
    return Comparison(case, mine, theirs, () if agree else explanation(case, peer, known))


def explanation(case: Case, peer: Peer, known: Sequence[Cause]) -> tuple[str, ...] | None:
    """The names of the causes that explain a difference together and of which none can be left out; None if none do.

    One cause alone is looked for first. The last ones are the bluntest, so they are the first to be left out.
    """
    for cause in known:
        if _agree(case, peer, [cause]):
            return (cause.name,)
    needed = list(known)
    if not _agree(case, peer, needed):
        return None
    for cause in reversed(known):
        fewer = [c for c in needed if c is not cause]
        if _agree(case, peer, fewer):
            needed = fewer
    return tuple(cause.name for cause in needed)


def _agree(case: Case, peer: Peer, causes: Sequence[Cause]) -> bool:
    for_ours = for_peer = case
    for cause in causes:
        for_ours, for_peer = cause.reword(for_ours, for_peer)
    reads = {name: value for cause in causes for name, value in cause.reads.items()}
    mine = read_as(for_ours, Reading(**reads)) if reads else ours(for_ours)
    return mine.agrees(peer.price(for_peer))
