"""What a panel is: a question in words, what it asks Prometheus, and in which unit the answer is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from tapwatt.metrics.of_a_worker import OF_A_WORKER
from tapwatt.metrics.of_the_system import OF_THE_SYSTEM

WINDOW = "[$__rate_interval]"
"""Grafana puts in what fits the scrape interval and the width of the panel."""

SECONDS, RATE, COUNT, SHARE, BYTES = "s", "ops", "short", "percentunit", "bytes"
"""Grafana's names of units: seconds, a second, as it is, a share of one, bytes."""

Of = Literal["sessions", "dead_letters", "delayed", "quarantine", "lag"]
_CATALOGUE = {metric.name: metric for metric in (*OF_A_WORKER, *OF_THE_SYSTEM)}


@dataclass(frozen=True, slots=True)
class Query:
    """One PromQL expression, and how its lines are called: {{label}} is put in."""

    expr: str
    legend: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel. A figure is what is true now, in large; lines are how it came to be so."""

    title: str
    queries: tuple[Query, ...]
    unit: str = COUNT
    kind: Literal["lines", "figure"] = "lines"

    @property
    def description(self) -> str:
        """What the catalogue says of the first metric that it asks for, and what to do about it."""
        for name in re.findall(r"tapwatt_\w+", self.queries[0].expr):
            metric = _CATALOGUE.get(re.sub(r"_(bucket|count|sum)$", "", name))
            if metric is not None:
                return f"{metric.meaning} {metric.cure}"
        return "What the README of deploy/prometheus says of promises."


@dataclass(frozen=True, slots=True)
class Dashboard:
    """One dashboard: rows of panels under a heading each. `variable` is a label that a reader chooses a value of."""

    name: str
    title: str
    rows: tuple[tuple[str, tuple[Panel, ...]], ...]
    variable: str = ""

    @property
    def panels(self) -> tuple[Panel, ...]:
        """All of them, in their order."""
        return tuple(panel for _, panels in self.rows for panel in panels)


def lines(title: str, expr: str, legend: str = "", unit: str = COUNT) -> Panel:
    """A panel with one query over time."""
    return Panel(title, (Query(expr, legend),), unit)


def figure(title: str, expr: str, legend: str = "", unit: str = COUNT) -> Panel:
    """A panel with what is true now."""
    return Panel(title, (Query(expr, legend),), unit, "figure")


def known(of: Of, expr: str) -> str:
    """0 where the exporter knows that there is none, and nothing at all where it does not know."""
    return f'{expr} or on () 0 * min(tapwatt_exporter_up_to_date{{of="{of}"}} == 1)'


def counted(expr: str) -> str:
    """0 where workers answer and have nothing of it to tell."""
    return f'{expr} or on () 0 * min(up{{job="tapwatt-worker"}} == 1)'


def quantiles(title: str, metric: str, by: str = "", chosen: str = "", unit: str = SECONDS) -> Panel:
    """The middle and the slowest twentieth of a histogram, by a label."""
    labels, legend = (f"le, {by}", f" {{{{{by}}}}}") if by else ("le", "")
    rate = f"sum by ({labels}) (rate({metric}_bucket{chosen}{WINDOW}))"
    return Panel(
        title,
        tuple(
            Query(f"histogram_quantile({q}, {rate})", f"{word}{legend}") for q, word in ((0.5, "p50"), (0.95, "p95"))
        ),
        unit,
    )
