"""The menu of the `tapwatt` command. Each command is a module of `tapwatt_cli.commands`."""

from __future__ import annotations

import typer

from tapwatt_cli.commands import audit, demo, dlq, doctor, price, receipt, replay, sheet, tariff, topics

app = typer.Typer(
    name="tapwatt",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    help="""Tap a card, get watts: the payment back end of an EV-charging operator.

    **First time here?** `tapwatt doctor` looks whether this machine has what is needed, `tapwatt demo` brings the whole
    ring up (a real Kafka, a real Redis, a simulated payment provider, the four services), lets drivers charge for half
    a minute and compares every cent with the provider's ledger.

    **Your tariffs:** `tapwatt tariff check TARIFF.json` says what is wrong with one, `tapwatt sheet` what a driver is
    shown, `tapwatt price TARIFF.json CDR.json` what a session costs and why. None of them needs anything running.

    **Before going live:** `tapwatt replay CDRS.json` sends your own charging records through the ring and compares what
    it captured with what you billed.
    """,
)
app.command()(demo.demo)
app.command()(audit.audit)
app.command()(price.price)
app.command()(replay.replay)
app.command()(receipt.receipt)
app.command()(sheet.sheet)
app.command()(topics.topics)
app.add_typer(tariff.app)
app.add_typer(dlq.app)
app.command()(doctor.doctor)
