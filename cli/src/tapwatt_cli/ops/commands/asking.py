"""What changes something is asked first. Where nobody can be asked, only `--yes` is an answer."""

from __future__ import annotations

import typer

from tapwatt_cli.console import a_person_types
from tapwatt_cli.exit_codes import Unusable


def ask(question: str, *, yes: bool) -> None:
    """Go on only if somebody wants that: `yes` says so beforehand. Unusable in a script that does not say it."""
    if yes:
        return
    if not a_person_types():
        raise Unusable(f"{question} Nobody is there to be asked, and nothing was done: --yes says so beforehand")
    typer.confirm(question, abort=True, err=True)
