"""Which session a person means by OPERATOR/SESSION, or by SESSION alone, and which facts are about it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tapwatt.errors import TapwattError
from tapwatt.facts.fact import Fact
from tapwatt.facts.ids import session_name

NAMED_AT_MOST = 5
"""So many of the operators who have a session of one id are named in a sentence."""


class UnknownSession(TapwattError):
    """Nothing was said of a session of this name, or several operators have one: the sentence says what to do."""


def identities(facts: Sequence[Fact]) -> list[str | None]:
    """operator/session of each of these facts; None for one that is about no session.

    A fact of the first days need not say whose session it is: then it is about the only known one of that id, and
    goes by that id alone where there is none, or several.
    """
    known: dict[str, set[str]] = {}
    for fact in facts:
        if (session_id := _session_id(fact)) is not None and fact.operator is not None:
            known.setdefault(session_id, set()).add(fact.operator)
    return [_identity(fact, known) for fact in facts]


def meant(named: str, known: Iterable[str | None]) -> str:
    """Which of these sessions is called so: operator/session, or the session's own id where one operator alone has it.

    UnknownSession if it is none, or if several operators have one of that id.
    """
    found = sorted({one for one in known if one is not None and named in (one, one.rpartition("/")[2])})
    if not found:
        raise UnknownSession(
            f"nothing was said of session {named}: is its name right (OPERATOR/SESSION), and the topic prefix?"
        )
    if len(found) > 1:
        named_so = [one for one in found if "/" in one]
        more = f" or {len(named_so) - NAMED_AT_MOST} more" if len(named_so) > NAMED_AT_MOST else ""
        raise UnknownSession(
            f"{len(named_so)} operators have a session {named}: say which, "
            f"{' or '.join(named_so[:NAMED_AT_MOST])}{more}"
        )
    return found[0]


def about(identity: str, facts: Sequence[Fact]) -> list[Fact]:
    """Those of the facts that are about this session. A refusal to take its name a second time is not."""
    named = zip(facts, identities(facts), strict=True)
    return [fact for fact, whose in named if whose == identity and fact.of_its_session]


def _identity(fact: Fact, known: dict[str, set[str]]) -> str | None:
    session_id = _session_id(fact)
    if session_id is None:
        return None
    operators = known.get(session_id, set()) if fact.operator is None else {fact.operator}
    return session_name(min(operators), session_id) if len(operators) == 1 else session_id


def _session_id(fact: Fact) -> str | None:
    found: str | None = getattr(fact, "session_id", None)
    return found
