"""The menu of the `tapwatt` command: for operators, about prices, and for developers where that is installed."""

from __future__ import annotations

import platform
from collections.abc import Callable
from importlib.metadata import version
from typing import Annotated

import typer

from tapwatt_cli import dev
from tapwatt_cli.exit_codes import TABLE, CannotBeDone
from tapwatt_cli.ops.commands import (
    audit,
    dlq,
    doctor,
    holds,
    lag,
    publish,
    receipt,
    reconcile,
    refund,
    session,
    top,
    topics,
)
from tapwatt_cli.prices.commands import price, sheet, tariff

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

    **Your own system against it:** `tapwatt up` holds a ring until Ctrl-C and says where everything is.

    **Before going live:** `tapwatt replay CDRS.json` sends your own charging records through the ring and compares what
    it captured with what you billed.

    **Exit codes,** of every command:
    """
    + "".join(f"\n    - **{code}** {meaning}" for code, meaning in TABLE.items()),
)


def _say_version(asked: bool) -> None:
    if asked:
        typer.echo(f"tapwatt {version('tapwatt-cli')} (Python {platform.python_version()})")
        raise typer.Exit


@app.callback()
def _of_every_command(
    asked: Annotated[
        bool, typer.Option("--version", callback=_say_version, is_eager=True, help="Say which version this is.")
    ] = False,
) -> None:
    """What may be typed before a command."""


NEED_THE_EXTRA = {
    "demo": "The whole ring on this machine",
    "up": "A ring that is there until Ctrl-C",
    "replay": "Your own records through the ring",
}


def _needs_the_extra(name: str) -> Callable[[], None]:
    def command() -> None:
        raise CannotBeDone(
            f"'tapwatt {name}' brings a ring up on this machine and needs the developer's extra: "
            "pip install 'tapwatt-cli[dev]'"
        )

    return command


def _developers_commands() -> Callable[[], None]:
    """Put the developer's commands on the menu, or what says how to get them; the doctor that goes with it."""
    if dev.installed():
        from tapwatt_cli.dev.commands import COMMANDS, machine

        for command in COMMANDS:
            app.command()(command)
        return doctor.doctor_with(machine)
    anything = {"ignore_unknown_options": True, "allow_extra_args": True}
    for name, does in NEED_THE_EXTRA.items():
        text = f"{does}: needs `pip install 'tapwatt-cli[dev]'`."
        app.command(name, help=text, context_settings=anything)(_needs_the_extra(name))
    return doctor.doctor_with()


_doctor = _developers_commands()
app.command()(audit.audit)
app.command()(holds.holds)
app.command()(lag.lag)
app.command()(price.price)
app.command()(receipt.receipt)
app.command()(reconcile.reconcile)
app.command()(refund.refund)
app.command()(sheet.sheet)
app.command()(top.top)
app.command()(topics.topics)
tariff.app.command()(publish.publish)
app.add_typer(tariff.app)
app.add_typer(dlq.app)
app.add_typer(session.app)
app.command("doctor")(_doctor)
