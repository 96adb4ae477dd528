"""Shows what was found in tariffs: for each a line that says how it stands, then the findings, the worst first."""

from __future__ import annotations

import os
import shutil
import textwrap
from collections.abc import Sequence
from datetime import date
from typing import Any

import typer

from pricing.checking.check import Checked
from pricing.checking.finding import Finding, Severity
from pricing.ocpi.documents import quoted

_WIDEST, _NARROWEST = 120, 40
"""Columns."""
_COLOUR = {Severity.ERROR: typer.colors.RED, Severity.WARNING: typer.colors.YELLOW, Severity.NOTE: typer.colors.CYAN}
_INDENT = 11
_MOST_PATHS = 4


def show_checked(checked: Sequence[Checked], on: date) -> None:
    """Every tariff, and how many are good if there are several."""
    width = max(min(shutil.get_terminal_size((_WIDEST, 0)).columns, _WIDEST), _NARROWEST)
    coloured = False if os.environ.get("NO_COLOR") else None  # None: as the terminal can, https://no-color.org
    for place, one in enumerate(checked):
        if place:
            typer.echo()
        typer.echo("\n".join(_head(one, width)), color=coloured)
        for paths, finding in _folded(one.findings):
            typer.echo("\n".join(_lines(paths, finding, width)), color=coloured)
    if len(checked) > 1:
        good = sum(one.good for one in checked)
        typer.echo(f"\n{len(checked)} tariffs on {on}: {good} good, {len(checked) - good} to look at")


def _head(one: Checked, width: int) -> list[str]:
    name = f"tariff {quoted(one.tariff_id)}" if one.tariff_id is not None else f"tariff at {one.path}"
    counts = [(severity, sum(f.severity is severity for f in one.findings)) for severity in Severity]
    said = ", ".join(f"{many} {severity}{'s' if many > 1 else ''}" for severity, many in counts if many)
    state = f"good{f', {said}' if said else ''}" if one.good else said
    colour = typer.colors.GREEN if one.good else _COLOUR[one.findings[0].severity]
    head = [f"{typer.style(name, bold=True)}: {typer.style(state, fg=colour, bold=True)}"]
    if one.charges:
        head += textwrap.wrap(f"charges {one.charges}", width, initial_indent="  ", subsequent_indent="  ")
    return head


def _lines(paths: Sequence[str], finding: Finding, width: int) -> list[str]:
    label = typer.style(f"{finding.severity:<{_INDENT - 2}}", fg=_COLOUR[finding.severity])
    more = f" and {len(paths) - _MOST_PATHS} more" if len(paths) > _MOST_PATHS else ""
    gap = " " * _INDENT
    places = textwrap.wrap(f"{', '.join(paths[:_MOST_PATHS])}{more}", width - _INDENT)
    return [
        f"  {label}{places[0]}",
        *(f"{gap}{line}" for line in places[1:]),
        *textwrap.wrap(finding.says, width, initial_indent=gap, subsequent_indent=gap),
        *textwrap.wrap(f"> {finding.hint}", width, initial_indent=gap, subsequent_indent=f"{gap}  "),
    ]


def _folded(findings: Sequence[Finding]) -> list[tuple[list[str], Finding]]:
    """What is said of several places in the same words is said once."""
    found: dict[tuple[Severity, str, str], tuple[list[str], Finding]] = {}
    for finding in findings:
        paths, _ = found.setdefault((finding.severity, finding.says, finding.hint), ([], finding))
        paths.append(finding.path)
    return list(found.values())


def as_json(checked: Sequence[Checked]) -> dict[str, Any]:
    """The findings for scripts; a tariff without a readable id has null."""
    return {
        "tariffs": [
            {
                "id": one.tariff_id,
                "findings": [
                    {"severity": str(f.severity), "path": f.path, "says": f.says, "hint": f.hint} for f in one.findings
                ],
            }
            for one in checked
        ]
    }
