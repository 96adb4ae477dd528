"""`tapwatt refund`: an operator gives money back to a driver, all of it or in parts."""

from __future__ import annotations

import json
import uuid
from decimal import Decimal
from typing import Annotated

import typer

from tapwatt.clock import SystemClock
from tapwatt.facts.events import Refunded, RefundFailed, RefundRequested
from tapwatt.facts.topics import Topics
from tapwatt_cli.console import printable
from tapwatt_cli.ops import refunding
from tapwatt_cli.ops.commands.asking import ask
from tapwatt_cli.ops.commands.typed import (
    MOST_NAME,
    MOST_REASON,
    Session,
    amount_in_words,
    identifier_typed,
    words_typed,
)
from tapwatt_cli.ops.refunding import Answer, refund_request
from tapwatt_cli.options import BOOTSTRAP, AsDocument, Bootstrap, TopicPrefix
from tapwatt_cli.running import run

NOT_GIVEN, NO_ANSWER_YET = 1, 3

ENOUGH = 16
"""Hexadecimal digits that no two refunds share, and that a driver's phone shows in one line."""


def refund(
    session: Session,
    reason: Annotated[
        str,
        typer.Option(
            callback=words_typed(MOST_REASON), metavar="TEXT", help="Why: kept with the refund, and on the credit note."
        ),
    ],
    by: Annotated[
        str,
        typer.Option(callback=words_typed(MOST_NAME), metavar="NAME", help="Who asks for it: kept with the request."),
    ],
    amount: Annotated[
        Decimal | None,
        typer.Option(parser=amount_in_words, metavar="5.00", help="So much, in the currency it was taken in."),
    ] = None,
    full: Annotated[bool, typer.Option("--full", help="All that is left of what was taken.")] = False,
    refund_id: Annotated[
        str | None,
        typer.Option(
            "--id",
            callback=identifier_typed,
            metavar="ID",
            help="The refund's own id: the same id is one refund, once.",
        ),
    ] = None,
    within: Annotated[float, typer.Option(min=0, max=3600, help="How long to wait for the answer, in seconds.")] = 60.0,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask; a script has to say it.")] = False,
    bootstrap: Bootstrap = BOOTSTRAP,
    topic_prefix: TopicPrefix = "",
    as_document: AsDocument = False,
) -> None:
    """Give money back to a driver: all that was taken, or a part, as often as something is left.

    The request is a fact, RefundRequested, with your name and reason in it. The capturer asks the provider for it
    once, and never gives back more in all than was taken: what went back at the provider's portal, or by the driver's
    bank, counts. Then it says Refunded or RefundFailed, which this command waits for and shows; a provider that does
    not answer is asked by schedule, and the answer comes later. `tapwatt receipt` then makes a credit note.

    Exit code 0 when the money went back, 1 when it did not, 3 when there is no answer yet. A request that was cut short
    is safe to repeat with the same --id; without one, each run is another refund.

    It asks before it asks the capturer; without a terminal it needs --yes.

    Examples: `tapwatt refund NL-TWT/1001 --amount 5.00 --reason "cable was broken" --by anna`,
    `tapwatt refund NL-TWT/1001 --full --reason "charged twice" --by anna`.
    """
    if (amount is None) == (not full):
        raise typer.BadParameter("say how much: --amount 5.00 or --full (one of the two)")
    topics, clock = Topics(topic_prefix), SystemClock()
    taken = run(refunding.read_taken(bootstrap, topics, session, refund_id))
    its_id = refund_id or f"r-{uuid.uuid4().hex[:ENOUGH]}"
    requested = refund_request(taken, amount, refund_id=its_id, reason=reason, requested_by=by)
    left = f"{taken.captured.taken} was taken of session {printable(taken.identity)}, {taken.left} of it is left."
    ask(f"{left} Give {requested.amount} back?", yes=yes)
    run(refunding.ask(bootstrap, topics, requested, clock.now()))
    answer = run(refunding.answered(bootstrap, topics, requested, clock, within))
    _show(requested, answer, as_document)
    if not isinstance(answer, Refunded):
        raise typer.Exit(NO_ANSWER_YET if answer is None else NOT_GIVEN)


def _show(requested: RefundRequested, answer: Answer | None, as_document: bool) -> None:
    if as_document:
        told = None if answer is None else {"fact": answer.name, **answer.model_dump(mode="json", exclude_none=True)}
        asked = requested.model_dump(mode="json", exclude_none=True)
        typer.echo(json.dumps({"requested": asked, "answer": told}, indent=2))
        return
    session = printable(f"{requested.operator_id}/{requested.session_id}")
    refund_id = printable(requested.refund_id)
    match answer:
        case None:
            typer.echo(
                f"{session}: no answer yet to refund {refund_id}: run this again with --id {refund_id}", err=True
            )
        case Refunded():
            in_all = f", and with it {answer.refunded_in_all} of the {answer.taken} taken" if answer.taken else ""
            typer.echo(f"{session}: {answer.amount} went back{in_all} (refund {refund_id})")
        case RefundFailed():
            typer.echo(
                f"{session}: {answer.amount} did not go back: {printable(answer.detail or answer.reason)}", err=True
            )
        case _:
            typer.echo(f"{session}: the request was not taken: {printable(answer.why)}", err=True)
