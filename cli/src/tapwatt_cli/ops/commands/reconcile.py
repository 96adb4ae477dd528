"""`tapwatt reconcile`: what we said of money in a period, against the provider's own account of it."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from tapwatt.clock import SystemClock
from tapwatt.errors import BadSettings
from tapwatt.facts.topics import Topics
from tapwatt_cli.console import page, read_so_far
from tapwatt_cli.exit_codes import DIFFERS, Unusable
from tapwatt_cli.ops.commands.moments import moment, span
from tapwatt_cli.ops.reconcile_page import as_json, differ, show
from tapwatt_cli.ops.reconciling import Accounts, settlement_statement
from tapwatt_cli.ops.reconciling import reconcile as compared
from tapwatt_cli.options import BOOTSTRAP, AsDocument, Bootstrap, TopicPrefix
from tapwatt_cli.running import run
from tapwatt_watch.reconciliation.difference import DUE_WITHIN, GRACE, Frame
from tapwatt_watch.reconciliation.settlement_layout import Layout, read_layout


def reconcile(
    from_: Annotated[
        str, typer.Option("--from", metavar="WHEN", help="The period's first moment: 2026-03-01 (UTC), or 7d ago.")
    ],
    to: Annotated[
        str, typer.Option("--to", metavar="WHEN", help="Its end, which is no part of it.", show_default="now")
    ] = "0min",
    files: Annotated[
        list[Path] | None,
        typer.Option("--settlement-files", metavar="PATH", help="A settlement file, or a folder of them (*.csv)."),
    ] = None,
    layout: Annotated[
        Path | None,
        typer.Option(metavar="TOML", help="How the files are written: which column is what (docs/reconciliation.md)."),
    ] = None,
    merchant: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Ours, where a file has other merchants' lines, too.")
    ] = None,
    due_within: Annotated[
        timedelta | None,
        typer.Option(
            parser=span,
            metavar="2d",
            help="By when a capture is in a settlement file (min, h, d).",
            show_default="2d",
        ),
    ] = None,
    grace: Annotated[
        timedelta | None,
        typer.Option(
            parser=span,
            metavar="15min",
            help="What is younger may yet be said here, or done there.",
            show_default="15min",
        ),
    ] = None,
    ask_provider: Annotated[
        bool, typer.Option("--ask-provider", help="Ask the provider about each session, by TAPWATT_PROVIDER_*.")
    ] = False,
    ledger_url: Annotated[str, typer.Option(metavar="URL", help="The simulated provider's ledger.")] = "",
    operator: Annotated[str, typer.Option(metavar="OPERATOR", help="Only this operator's sessions.")] = "",
    every: Annotated[bool, typer.Option("--all", help="Name every difference, not the first 50.")] = False,
    bootstrap: Bootstrap = BOOTSTRAP,
    topic_prefix: TopicPrefix = "",
    as_document: AsDocument = False,
) -> None:
    """Compare what was said of money in a period with the provider's own account of it, session by session.

    **Settlement files** tell of captures, refunds and chargebacks, a day or more later. What is not due yet is counted
    as "not yet", and is no difference. A capture may be in two lines, or in the next file: give the next one, too. A
    file twice, or a line of two files, counts once. Fees are added up apart. One file that is torn, or has a line that
    cannot be understood, and nothing is compared (exit code 2).

    **--ask-provider** asks about every session of the period. It finds holds that stand open there, and not what moved
    for a session that we do not know: CCV has no list of a period. **--ledger-url** is for the simulated provider.

    Exit code 1 when something differs; each difference is named. Nothing is changed.

    Example: `tapwatt reconcile --from 2026-03-01 --to 2026-04-01 --settlement-files settled/`
    """
    accounts = Accounts(tuple(files or ()), _layout(layout), tuple(merchant or ()), ask_provider, ledger_url)
    frame = _frame(from_, to, due_within, grace)
    if not (accounts.files or accounts.of_holds):
        raise typer.BadParameter("say what to compare with: --settlement-files, --ask-provider or --ledger-url")
    settled = settlement_statement(accounts)
    with read_so_far("reading what was said of money") as reads, read_so_far("asking the provider") as asks:
        found = run(compared(bootstrap, Topics(topic_prefix), accounts, settled, frame, operator, reads, asks))
    if as_document:
        typer.echo(json.dumps(as_json(found, frame), indent=2, ensure_ascii=False))
    else:
        show(page(), found, frame, every=every)
    if differ(found):
        raise typer.Exit(DIFFERS)


def _layout(path: Path | None) -> Layout:
    try:
        return read_layout(path)
    except BadSettings as error:
        raise Unusable(str(error)) from None


def _frame(start: str, end: str, due_within: timedelta | None, grace: timedelta | None) -> Frame:
    now = SystemClock().now()
    frame = Frame(
        moment(start, now),
        moment(end, now),
        now,
        DUE_WITHIN if due_within is None else due_within,
        GRACE if grace is None else grace,
    )
    if frame.start >= frame.end:
        raise typer.BadParameter(f"the period ends ({frame.end:%Y-%m-%d %H:%M} UTC) before it begins")
    return frame
