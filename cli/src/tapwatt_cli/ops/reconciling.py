"""Gathers both sides of a reconciliation: the facts off the log, and each account of the provider's that was named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

from tapwatt.clock import SystemClock
from tapwatt.facts.events import FACTS
from tapwatt.facts.topics import Topics
from tapwatt_cli.exit_codes import Unusable
from tapwatt_cli.ops.kafka_words import reading
from tapwatt_cli.ops.ledger_source import fetch_ledger
from tapwatt_cli.ops.ledger_statement import ledger_statement
from tapwatt_cli.ops.provider_statement import ask, orders_of
from tapwatt_cli.ops.service_parts import provider_asked
from tapwatt_cli.ops.topic_log import ours
from tapwatt_watch.kafka.claims_reader import read_claims
from tapwatt_watch.open_holds import REMEMBERED
from tapwatt_watch.reconciliation.claims import OF_HOLDS, OF_SETTLEMENTS, Claims, is_of
from tapwatt_watch.reconciliation.compare import compare
from tapwatt_watch.reconciliation.difference import Frame, Reconciled
from tapwatt_watch.reconciliation.movements import Statement
from tapwatt_watch.reconciliation.settlement_file import BadFile
from tapwatt_watch.reconciliation.settlement_layout import Layout
from tapwatt_watch.reconciliation.settlement_statement import NoFiles, files_in, read_at, statement_of

EARLIER = timedelta(days=1)
"""A fact may come to the log a little before the moment that the provider's clock gives it."""

READ_WITHIN_S = 1800.0
"""A month of a busy operator's facts takes minutes to read."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Accounts:
    """Which accounts of the provider's are compared with."""

    files: tuple[Path, ...] = ()
    layout: Layout = field(default_factory=Layout)
    merchants: tuple[str, ...] = ()
    ask_provider: bool = False
    ledger_url: str = ""

    @property
    def of_holds(self) -> bool:
        """Whether one of them tells of holds, too."""
        return self.ask_provider or bool(self.ledger_url)


def settlement_statement(accounts: Accounts) -> Statement | None:
    """What the settlement files say; None where none is named. Unusable in one sentence where one cannot be read."""
    if not accounts.files:
        return None
    try:
        files = [read_at(path, accounts.layout) for path in files_in(accounts.files)]
    except (BadFile, NoFiles) as error:
        raise Unusable(f"{error}; nothing was compared") from None
    return statement_of(files, accounts.merchants)


async def reconcile(
    bootstrap: str,
    topics: Topics,
    accounts: Accounts,
    settled: Statement | None,
    frame: Frame,
    operator: str,
    reads: Progress,
    asks: Progress,
) -> list[Reconciled]:
    """The facts against each account. Unavailable or CannotBeDone in one sentence where one side cannot be read."""
    wanted = OF_HOLDS if accounts.of_holds else OF_SETTLEMENTS
    since = frame.start - (REMEMBERED if accounts.of_holds else EARLIER)
    async with reading(bootstrap, "what was said of money", within_s=READ_WITHIN_S):
        await ours(bootstrap, {topics.of(fact) for fact in FACTS})
        claims = await read_claims(bootstrap, topics, wanted, since, reads)
    found = []
    if settled is not None:
        found.append(compare(*_of(operator, claims, settled), frame))
    promptly = replace(frame, due_within=frame.grace)
    if accounts.ask_provider:
        async with provider_asked(SystemClock()) as (provider, settings):
            orders = orders_of(claims.of(operator) if operator else claims, frame)
            told = await ask(provider, orders, frame.now, settings.release_rest, asks)
        found.append(compare(*_of(operator, claims, told), promptly))
    if accounts.ledger_url:
        told = ledger_statement(await fetch_ledger(accounts.ledger_url), frame.now)
        found.append(compare(*_of(operator, claims, told), promptly))
    return found


def _of(operator: str, claims: Claims, statement: Statement) -> tuple[Claims, Statement]:
    """Both sides of one operator. What the provider tells of nobody's session is not left out: it may be theirs."""
    if not operator:
        return claims, statement
    kept = tuple(one for one in statement.movements if is_of(operator, claims.whose(one)))
    return claims.of(operator), replace(statement, movements=kept)
