"""Shows what the doctor found: a line each, wrapped beside its name, and what to do where it is not good."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from tapwatt_cli.console import printable
from tapwatt_cli.ops.findings import Finding

_MARKS = {True: ("ok", "green"), False: ("no", "red")}
_MARK = 4
_WIDEST_NAME = 24
_NARROWEST = 24
"""Columns that a sentence has at least: where there are fewer beside the names, it stands below its name."""


def show_findings(out: Console, findings: Sequence[Finding]) -> None:
    """A line for each finding. What a person copies, such as a command, is not broken within a word."""
    names = [printable(finding.what) for finding in findings]
    wide = min(max(map(len, names), default=0), _WIDEST_NAME) + 2
    for name, finding in zip(names, findings, strict=True):
        mark, colour = _MARKS[finding.good]
        beside = len(name) + 2 <= wide and out.width - _MARK - wide >= _NARROWEST
        indent = _MARK + wide if beside else _MARK
        room = max(out.width - indent, _NARROWEST)
        lines = textwrap.wrap(_sentence(finding), room, break_long_words=False, break_on_hyphens=False)
        first = f"{name:<{wide}}{lines.pop(0)}" if beside and lines else name
        out.print(Text.assemble((f"{mark:<{_MARK}}", colour), first), soft_wrap=True)
        for line in lines:
            out.print(Text(" " * indent + line), soft_wrap=True)


def _sentence(finding: Finding) -> str:
    advice = "" if finding.good or not finding.advice else f" - {finding.advice}"
    return printable(f"{finding.found}{advice}")


def findings_as_json(findings: Sequence[Finding]) -> dict[str, Any]:
    """The findings for scripts; `advice` is null where there is nothing to do."""
    return {
        "good": all(finding.good for finding in findings),
        "findings": [
            {
                "what": finding.what,
                "good": finding.good,
                "found": finding.found,
                "advice": None if finding.good else finding.advice or None,
            }
            for finding in findings
        ],
    }
