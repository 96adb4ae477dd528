"""How far a service has come with some topics, seen from outside: what tells "not yet" from "never"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from tapwatt.worker.records import Incoming, Partition

Ends = Mapping[Partition, int]


class Progress(Protocol):
    """All of it is Unavailable when Kafka does not tell."""

    async def ends(self) -> Ends:
        """The offset to which each partition that has anything can be read now."""
        ...

    async def reached(self, ends: Ends) -> bool:
        """Whether everything before these offsets was handled, by whichever worker of the group has the partition."""
        ...

    async def unhandled(self) -> Sequence[Incoming]:
        """The records that were not handled yet, whoever has them. Unavailable as well where they are too many."""
        ...
