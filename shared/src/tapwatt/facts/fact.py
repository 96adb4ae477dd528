"""What every fact is: something that has happened, with a name, a version and a key."""

from __future__ import annotations

from typing import ClassVar

from tapwatt.facts.fields import FactPart


class Fact(FactPart):
    """Something that has happened. `name` is its type, `keyed_by` the field that Kafka orders it by."""

    name: ClassVar[str]
    version: ClassVar[int] = 1
    keyed_by: ClassVar[str] = "session_id"

    @property
    def key(self) -> str:
        """The Kafka key: facts with the same key are read in the order they were said."""
        return str(getattr(self, self.keyed_by))
