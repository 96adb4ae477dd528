"""What an audit found is shown word for word, and what is open with what to do."""

from __future__ import annotations

from io import StringIO

from rich.console import Console

from tapwatt_cli.ops.audit import Report, Waiting
from tapwatt_cli.ops.audit_page import show_audit


def test_s37_what_is_open_is_shown_with_who_can_settle_it_and_nothing_of_it_is_a_colour() -> None:
    report = Report(sessions=1, differences=(), open=(Waiting("s1", "cannot_be_priced: [red]\x1b[2Jodd"),))
    out = Console(width=120, record=True, file=StringIO())
    show_audit(out, report)
    shown = [" ".join(line.split()) for line in out.export_text().splitlines()]
    assert "A corrected ending of the fleet settles what is open, or: tapwatt session settle SESSION" in shown
    assert r"s1 cannot_be_priced: [red]\x1b[2Jodd" in shown
