"""What every fact is: something that has happened, with a name, a version, an author, a key and what it is about."""

from __future__ import annotations

from enum import StrEnum
from functools import cache
from typing import ClassVar, Literal, get_args, get_origin

from tapwatt.facts.fields import FactPart, Place
from tapwatt.facts.ids import session_name

OUTSIDE = ("fleet", "operator")
"""Authors who are not services of ours: what they say may be refused, and then they hear of it."""


class Fact(FactPart):
    """Something that has happened. `name` is its type, `keyed_by` the field that Kafka orders it by.

    `said_by` is its author. Where there are several, each says it about what it alone has found.
    """

    name: ClassVar[str]
    version: ClassVar[int] = 1
    keyed_by: ClassVar[str] = "session_id"
    said_by: ClassVar[tuple[str, ...]] = ()
    replaces_earlier: ClassVar[bool] = False
    """Whether only the latest of those with one identity counts, of which there may be thousands."""

    @classmethod
    def from_outside(cls) -> bool:
        """Whether its author is not a service of ours."""
        return not set(OUTSIDE).isdisjoint(cls.said_by)

    @property
    def key(self) -> str:
        """The Kafka key: facts with the same key are read in the order they were said."""
        return str(getattr(self, self.keyed_by))

    @property
    def of_its_session(self) -> bool:
        """Whether it belongs to the session it names. A refusal to take a name a second time does not."""
        return True

    @property
    def operator(self) -> str | None:
        """Whose session or terminal this is about; None where a fact of the first days does not say it."""
        fields = self.__dict__  # asking a model for a field that it does not have takes ten times as long
        place: Place | None = fields.get("place")
        operator_id: str | None = fields.get("operator_id")
        return place.operator_id if place is not None else operator_id

    @property
    def identity(self) -> str | None:
        """What it is about, unique over operators: operator/session. Two operators may use the same session id.

        None where the fact does not say whose it is. No identifier has a slash in it.
        """
        return session_name(self.operator, self.key) if self.operator is not None else None

    @property
    def session(self) -> str | None:
        """Whose session it is about, operator/session; None if it is about something else, or does not say whose."""
        return session_name(self.operator, self.key) if self.keyed_by == "session_id" and self.operator else None

    @property
    def reason_word(self) -> str:
        """Why, in one word out of a closed list (declined, no_session, expired); empty where it gives none."""
        field, _ = _closed_reason(type(self))
        return str(getattr(self, field)) if field else ""


def reason_words(fact: type[Fact]) -> tuple[str, ...]:
    """Every word that a fact may give as its reason (Fact.reason_word)."""
    return _closed_reason(fact)[1]


@cache
def _closed_reason(fact: type[Fact]) -> tuple[str, tuple[str, ...]]:
    """The field with a fact's reason, and the only words that may stand in it: free text is nobody's label."""
    for name in ("reason", "doubt", "policy"):
        field = fact.model_fields.get(name)
        kind = field.annotation if field else None
        if get_origin(kind) is Literal:
            return name, tuple(map(str, get_args(kind)))
        if isinstance(kind, type) and issubclass(kind, StrEnum):
            return name, tuple(kind)
    return "", ("",)
