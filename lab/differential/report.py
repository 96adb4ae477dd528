"""Counts what a run found with one peer, and says it as JSON or as a table."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from rich.table import Table

from lab.differential.cases import Priced, Refused, billed
from lab.differential.causes import Cause
from lab.differential.explain import Comparison
from lab.differential.peers import Peer
from pricing.engine.totals import round_once
from tapwatt.money import Rounding

KEPT = 20
"""Unexplained cases that are listed; their number is always given."""


@dataclass(slots=True)
class Tally:
    """What was found with one peer so far."""

    peer: Peer
    known: tuple[Cause, ...]
    agreed: int = 0
    refused_by_both: int = 0
    same_when_rounded: int = 0
    explained: int = 0
    by_cause: Counter[str] = field(default_factory=Counter)
    alone: Counter[str] = field(default_factory=Counter)
    unexplained: int = 0
    kept: list[Comparison] = field(default_factory=list)
    examples: dict[str, Comparison] = field(default_factory=dict)

    def add(self, found: Comparison) -> None:
        """Count one more case."""
        if found.causes is None:
            self.unexplained += 1
            self.kept = [*self.kept, found][:KEPT]
        elif found.causes:
            self._explained(found, found.causes)
        else:
            self.agreed += 1
            self.refused_by_both += isinstance(found.ours, Refused)
            self.same_when_rounded += _same_when_rounded(found)

    def _explained(self, found: Comparison, causes: tuple[str, ...]) -> None:
        self.explained += 1
        self.by_cause.update(causes)
        if len(causes) == 1:
            self.alone.update(causes)
            known = self.examples.get(causes[0])
            if known is None or len(found.case.text()) < len(known.case.text()):
                self.examples[causes[0]] = found

    @property
    def cases(self) -> int:
        """How many were compared."""
        return self.agreed + self.explained + self.unexplained

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        return {
            "peer": self.peer.name,
            "version": self.peer.version,
            "cases": self.cases,
            "agreed": self.agreed,
            "refused_by_both": self.refused_by_both,
            "agreed_and_same_when_rounded": self.same_when_rounded,
            "explained": self.explained,
            "unexplained": self.unexplained,
            "causes": {c.name: {"in": self.by_cause[c.name], "alone": self.alone[c.name]} for c in self.known},
            "unexplained_cases": [
                {"number": c.case.number, "ours": str(c.ours), "peer": str(c.peer)} for c in self.kept
            ],
        }

    def as_table(self) -> Table:
        """For people."""
        table = Table(title=f"{self.peer.version}: {self.cases} cases", title_justify="left")
        table.add_column("cause")
        table.add_column("cases", justify="right")
        table.add_column("alone", justify="right")
        table.add_column("what the peer does")
        table.add_row("both say the same", str(self.agreed), "", f"rounded, too: {self.same_when_rounded}")
        for cause in self.known:
            table.add_row(cause.name, str(self.by_cause[cause.name]), str(self.alone[cause.name]), cause.means)
        table.add_row("not explained", str(self.unexplained), "", "must be 0", style="red" if self.unexplained else "")
        return table


def _same_when_rounded(found: Comparison) -> bool:
    """Whether both amounts are the same in minor units; a peer's has been rounded to four decimals before."""
    if not isinstance(found.peer, Priced) or isinstance(found.ours, Refused):
        return True
    currency = found.case.tariff["currency"]
    theirs = tuple(round_once(a, currency, Rounding.HALF_UP).minor for a in (found.peer.excl, found.peer.incl))
    return billed(found.case) == theirs
