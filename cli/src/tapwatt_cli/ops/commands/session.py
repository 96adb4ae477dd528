"""`tapwatt session settle`: a person's word about a session that is disputed, stale or never ended."""

from __future__ import annotations

import json
import os
import uuid
from decimal import Decimal
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from tapwatt.clock import SystemClock
from tapwatt.errors import TapwattError
from tapwatt.facts.topics import Topics
from tapwatt_cli.console import page, printable, read_so_far
from tapwatt_cli.ops import settling
from tapwatt_cli.ops.commands.asking import ask
from tapwatt_cli.ops.commands.typed import MOST_NAME, MOST_REASON, Session, amount_in_words, words_typed
from tapwatt_cli.ops.service_parts import transactions_of
from tapwatt_cli.ops.session_page import show_story, story_as_json
from tapwatt_cli.ops.session_reading import read_session
from tapwatt_cli.ops.session_story import Story, story_of, with_transactions
from tapwatt_cli.ops.settling import settlement
from tapwatt_cli.options import BOOTSTRAP, AsDocument, Bootstrap, TopicPrefix
from tapwatt_cli.running import run

SHOW = "show"


class NamedOrCommand(TyperGroup):
    """`tapwatt session NL-TWT/1001` is `tapwatt session show NL-TWT/1001`. A session called `show` needs the latter."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put `show` before what names no command."""
        if args and args[0] not in {*self.commands, "--help"}:
            args = [SHOW, *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    name="session",
    cls=NamedOrCommand,
    no_args_is_help=True,
    help="Show a session's whole story, or settle one that waits for a person's word.",
)


@app.command(SHOW)
def show(
    session: Session,
    bootstrap: Bootstrap = BOOTSTRAP,
    topic_prefix: TopicPrefix = "",
    as_document: AsDocument = False,
) -> None:
    """Tell a session's whole story: every fact, every delayed try and dead letter, in the order of the log's time.

    `tapwatt session NL-TWT/1001` says the same. Where the environment names the provider as it does for a service
    (TAPWATT_PROVIDER_BASE_URL and the others), its transactions of the session are told, too. With --json each fact is
    whole, with where it stands on the log, and the trace id under which its spans and log lines are found. Nothing is
    changed.
    """
    topics = Topics(topic_prefix)
    with read_so_far(f"reading what was said of {printable(session)}") as progress:
        found = run(read_session(bootstrap, topics, session, progress))
    story = run(_asked_of_the_provider(story_of(session, found, topics)))
    if as_document:
        typer.echo(json.dumps(story_as_json(story), indent=2, ensure_ascii=False))
    else:
        show_story(page(), story)


async def _asked_of_the_provider(story: Story) -> Story:
    """The story with the provider's word; without, and that is said, where it does not answer."""
    try:
        return with_transactions(story, await transactions_of(story.identity, os.environ, SystemClock()))
    except TapwattError as error:
        typer.echo(f"tapwatt: the provider's transactions are not known: {printable(str(error))}", err=True)
        return story


@app.command()
def settle(
    session: Session,
    by: Annotated[
        str,
        typer.Option(
            callback=words_typed(MOST_NAME),
            metavar="NAME",
            help="Who decides: kept with the decision, and on the bill.",
        ),
    ],
    reason: Annotated[
        str,
        typer.Option(
            callback=words_typed(MOST_REASON), metavar="TEXT", help="Why: kept with the decision, and on the bill."
        ),
    ],
    amount: Annotated[
        Decimal | None,
        typer.Option(parser=amount_in_words, metavar="12.34", help="Take so much of the hold, in its currency."),
    ] = None,
    release: Annotated[bool, typer.Option("--release", help="Nothing is owed: let the whole hold go.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask; a script has to say it.")] = False,
    bootstrap: Bootstrap = BOOTSTRAP,
    topic_prefix: TopicPrefix = "",
    as_document: AsDocument = False,
) -> None:
    """Say what is owed for a session: for one that is disputed, stale, or that nobody ends.

    `tapwatt audit` lists what waits for a word as open. The decision is a fact, SettlementDecided, with your name and
    reason in it; the tariff prices the session by it, once, and the capturer takes that much or lets the hold go. What
    was taken before cannot be taken again: settle a contradiction after a capture with the amount that was taken, and
    give back what is too much as a refund. It asks first; without a terminal it needs --yes.

    Examples: `tapwatt session settle NL-TWT/1001 --amount 12.34 --by anna --reason "meter read by hand"`,
    `tapwatt session settle NL-TWT/1001 --release --by anna --reason "the car never charged"`.
    """
    if (amount is None) == (not release):
        raise typer.BadParameter("say what is owed: --amount 12.34 or --release (one of the two)")
    topics = Topics(topic_prefix)
    found = settlement(session, run(settling.read_files(bootstrap, topics)), amount)
    decision = found.decided(f"d-{uuid.uuid4().hex}", by, reason, SystemClock().now())
    name = found.identity
    for waits in found.waits:
        typer.echo(f"{name} waits for a word: {printable(waits)}", err=True)
    ask(f"{printable(name)}: {found.does}. Settle it so?", yes=yes)
    run(settling.settle(bootstrap, topics, decision))
    if as_document:
        typer.echo(decision.model_dump_json(indent=2))
    else:
        settled = f"settled by {printable(by)} with {decision.amount}"
        typer.echo(f"{name}: {settled} (decision {decision.decision_id}): {found.does}")
