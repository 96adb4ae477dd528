"""A person's word about a session: what is owed of its hold, checked against what was said of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from tapwatt.errors import TapwattError
from tapwatt.facts.codec import begin
from tapwatt.facts.events import (
    AuthorisationDeclined,
    Authorised,
    Captured,
    CaptureFailed,
    HoldReleased,
    Refunded,
    SessionDisputed,
    SessionPriced,
    SessionStale,
    SettlementDecided,
)
from tapwatt.facts.fact import Fact
from tapwatt.facts.ids import session_name
from tapwatt.facts.topics import Topics
from tapwatt.money import Money
from tapwatt_cli.ops.amounts import money_typed
from tapwatt_cli.ops.case_files import CaseFile, case_files
from tapwatt_cli.ops.saying import SOURCE, say
from tapwatt_cli.ops.session_names import meant
from tapwatt_cli.ops.session_standing import standing
from tapwatt_cli.ops.topic_log import read_topics

OF_A_SETTLEMENT: tuple[type[Fact], ...] = (
    Authorised,
    AuthorisationDeclined,
    SessionStale,
    SessionDisputed,
    SettlementDecided,
    SessionPriced,
    Captured,
    HoldReleased,
    CaptureFailed,
    Refunded,
)
"""The facts that have to be read."""


class NotSettled(TapwattError):
    """This session cannot be settled so; the sentence says why and what to do."""


@dataclass(frozen=True, slots=True)
class Settlement:
    """What is to be decided: how much of the hold is owed; what waits for that word, and whether there is a price."""

    authorised: Authorised | None
    operator_id: str
    session_id: str
    amount: Money
    waits: tuple[str, ...]
    priced: bool = False

    @property
    def identity(self) -> str:
        """operator/session."""
        return session_name(self.operator_id, self.session_id)

    @property
    def does(self) -> str:
        """What comes of the decision, for who makes it."""
        if self.authorised is None:
            return "it has no hold, and its dispute is closed"
        if self.priced:
            closes = "what waits for a word is closed" if self.waits else "nothing waits for a word, so nothing changes"
            return f"{self.amount} was priced before and stands; {closes}"
        held = self.authorised.hold.amount
        if not self.amount:
            return f"its whole hold of {held} is to be let go"
        return f"{self.amount} of its hold of {held} is to be taken"

    def decided(self, decision_id: str, by: str, reason: str, at: datetime) -> SettlementDecided:
        """The fact that says so."""
        return SettlementDecided(
            operator_id=self.operator_id,
            session_id=self.session_id,
            decision_id=decision_id,
            amount=self.amount,
            decided_by=by,
            reason=reason,
            decided_at=at,
        )


def settlement(session: str, files: dict[str, CaseFile], amount: Decimal | None) -> Settlement:
    """What a person may decide of a session: this much in major units, or nothing. NotSettled says why not.

    `session` is OPERATOR/SESSION, or the session's own id where one operator alone has it, else UnknownSession.
    """
    identity = meant(session, files)
    case = files[identity]
    operator_id, _, session_id = identity.rpartition("/")
    authorised, declined = case.one(Authorised), case.one(AuthorisationDeclined)
    waits = tuple(case.open)
    if authorised is None:
        if declined is None:
            raise NotSettled(f"session {identity} has no answer yet: there is nothing to settle")
        if amount:
            raise NotSettled(f"session {identity} was declined ({declined.reason}): it has no hold to take anything of")
        return Settlement(None, operator_id, session_id, _nothing(case), waits)
    held = authorised.hold.amount
    owed = money_typed(amount or Decimal(0), held.currency)
    if owed > held:
        raise NotSettled(f"{owed} is more than the {held} that session {identity} holds: no more can be taken")
    priced = case.one(SessionPriced)
    if priced is not None and priced.owed != owed and (without := _ended_without_a_capture(case)):
        raise NotSettled(f"session {identity} was priced at {priced.owed} and is over: {without}")
    if priced is not None and priced.owed != owed:
        raise NotSettled(
            f"{priced.owed} of session {identity} was priced, and a hold is taken once: settle it as {priced.owed} if "
            "that is right, and give back what is too much as a refund"
        )
    return Settlement(authorised, operator_id, session_id, owed, waits, priced is not None)


def _ended_without_a_capture(case: CaseFile) -> str | None:
    """How a session came to its end of which nothing was taken, so that nothing can go back either."""
    return None if case.one(Captured) or not case.outcomes else standing(case.outcomes)


def _nothing(case: CaseFile) -> Money:
    """Nothing, for a session without a hold, which has no currency either."""
    disputed = case.one(SessionDisputed)
    return Money.zero(disputed.stated.currency if disputed and disputed.stated else "EUR")


async def read_files(bootstrap: str, topics: Topics) -> dict[str, CaseFile]:
    """What was said of every session, as far as a settlement needs it. Unavailable if Kafka cannot be read."""
    return case_files((await read_topics(bootstrap, topics, OF_A_SETTLEMENT)).events)


async def settle(bootstrap: str, topics: Topics, decision: SettlementDecided) -> None:
    """Say the decision. Unavailable if Kafka did not take it."""
    event = begin(decision, decision.decision_id, SOURCE, decision.decided_at)
    await say(bootstrap, topics.of(SettlementDecided), [event])
