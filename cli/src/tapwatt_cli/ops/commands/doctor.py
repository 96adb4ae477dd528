"""`tapwatt doctor`: whether this machine has what Tapwatt needs, a line each, with what to do where it has not."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import typer
from rich.console import Console

from tapwatt_cli.ops.findings import Finding, python_here

Examine = Callable[[], Iterable[Finding]]


def doctor_with(*examinations: Examine) -> Callable[[], None]:
    """The command: it looks at Python, and at what else is handed in."""

    def doctor() -> None:
        """Look whether this machine has what is needed. Exit code 1 when something is missing.

        With the developer's extra (`pip install 'tapwatt-cli[dev]'`) that is what `tapwatt demo` needs, too.
        """
        out = Console()
        findings = [python_here(), *(finding for examine in examinations for finding in examine())]
        width = max(len(finding.what) for finding in findings)
        for finding in findings:
            mark = "[green]ok  [/green]" if finding.good else "[red]no  [/red]"
            advice = "" if finding.good else f" - {finding.advice}"
            out.print(f"{mark}{finding.what:<{width}}  {finding.found}{advice}", highlight=False, soft_wrap=True)
        if not all(finding.good for finding in findings):
            raise typer.Exit(1)

    return doctor
