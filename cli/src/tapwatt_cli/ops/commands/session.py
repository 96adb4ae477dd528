"""`tapwatt session settle`: a person's word about a session that is disputed, stale or never ended."""

from __future__ import annotations

import uuid
from decimal import Decimal, InvalidOperation
from typing import Annotated

import typer
from pydantic import ValidationError

from tapwatt.clock import SystemClock
from tapwatt.facts.events import SettlementDecided
from tapwatt.facts.topics import Topics
from tapwatt_cli.console import a_person_types, printable
from tapwatt_cli.ops import settling
from tapwatt_cli.ops.settling import Settlement, settlement
from tapwatt_cli.running import run

app = typer.Typer(name="session", no_args_is_help=True, help="Settle a session that waits for a person's word.")


@app.callback()
def _menu() -> None:
    """Settle a session that waits for a person's word."""


def _identity(text: str) -> str:
    operator, slash, session = text.partition("/")
    if not (operator and slash and session) or "/" in session:
        raise typer.BadParameter(f"{text!r} names no session: OPERATOR/SESSION, such as NL-TWT/1001")
    return text


def amount_in_words(text: str) -> Decimal:
    """An amount in major units, as a person types it; typer.BadParameter if it is none."""
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal(-1)
    if not amount.is_finite() or amount < 0:
        raise typer.BadParameter(f"{text!r} is no amount: major units with a point, such as 12.34")
    return amount


@app.command()
def settle(
    session: Annotated[str, typer.Argument(callback=_identity, metavar="OPERATOR/SESSION", help="Whose, and which.")],
    by: Annotated[str, typer.Option(metavar="NAME", help="Who decides: kept with the decision.")],
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why: kept with the decision, and on the bill.")],
    amount: Annotated[
        Decimal | None,
        typer.Option(parser=amount_in_words, metavar="12.34", help="Take so much of the hold, in its currency."),
    ] = None,
    release: Annotated[bool, typer.Option("--release", help="Nothing is owed: let the whole hold go.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    bootstrap: Annotated[
        str, typer.Option(envvar="TAPWATT_KAFKA_BOOTSTRAP", help="Kafka's host:port.")
    ] = "127.0.0.1:9092",
    topic_prefix: Annotated[
        str, typer.Option(envvar="TAPWATT_TOPIC_PREFIX", help="Where several rings share a Kafka.")
    ] = "",
    as_document: Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")] = False,
) -> None:
    """Say what is owed for a session: for one that is disputed, stale, or that nobody ends.

    `tapwatt audit` lists what waits for a word as open. The decision is a fact, SettlementDecided, with your name and
    reason in it; the tariff prices the session by it, once, and the capturer takes that much or lets the hold go. What
    was taken before cannot be taken again: settle a contradiction after a capture with the amount that was taken, and
    give back what is too much as a refund.

    Examples: `tapwatt session settle NL-TWT/1001 --amount 12.34 --by anna --reason "meter read by hand"`,
    `tapwatt session settle NL-TWT/1001 --release --by anna --reason "the car never charged"`.
    """
    if (amount is None) == (not release):
        raise typer.BadParameter("say what is owed: --amount 12.34 or --release (one of the two)")
    topics = Topics(topic_prefix)
    found = settlement(session, run(settling.read_files(bootstrap, topics)), amount)
    decision = _decision(found, by, reason)
    for waits in found.waits:
        typer.echo(f"{session} waits for a word: {printable(waits)}", err=True)
    if not yes and a_person_types():
        typer.confirm(f"{_does(found)} Settle it so?", abort=True, err=True)
    run(settling.settle(bootstrap, topics, decision))
    if as_document:
        typer.echo(decision.model_dump_json(indent=2))
    else:
        typer.echo(f"{session}: settled by {printable(by)} with {decision.amount} (decision {decision.decision_id})")


def _decision(found: Settlement, by: str, reason: str) -> SettlementDecided:
    try:
        return found.decided(f"d-{uuid.uuid4().hex}", by, reason, SystemClock().now())
    except ValidationError as error:
        option = {"decided_by": "--by", "reason": "--reason"}.get(str(error.errors()[0]["loc"][0]), "the session")
        raise typer.BadParameter(f"{option}: {error.errors()[0]['msg']}") from None


def _does(found: Settlement) -> str:
    """What will come of it, for who is asked."""
    name = f"{found.operator_id}/{found.session_id}"
    if found.authorised is None:
        return f"Session {name} has no hold: its dispute is closed."
    held = found.authorised.hold.amount
    if not found.amount:
        return f"The whole hold of {held} of session {name} is let go."
    return f"{found.amount} of the hold of {held} of session {name} is taken."
