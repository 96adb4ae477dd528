"""Lets aiokafka's consumers keep a fetch session with each broker (KIP-227), so that a fetch names what has changed.

aiokafka names every partition of every topic in each request, and the broker names them all in each answer. With a
hundred partitions, of which one has a record, that is a good part of what a quiet consumer costs (docs/adr/0017). In a
session the broker remembers what is fetched from where. The first request names everything; each later one names the
partitions whose position has changed, and the answer those that have records, an error or another end.

A session is begun anew with a full request whenever it cannot be certain that both sides know the same: after an
error, a cancelled request, or another assignment. A broker without sessions, or without room for one, is asked in full.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from aiokafka.consumer import consumer as aiokafka_consumer
from aiokafka.consumer.fetcher import Fetcher
from aiokafka.protocol.fetch import FetchRequest

_WITH_SESSIONS = 7
"""The version of the request from which on there are sessions."""

_SESSION_LOST = (70, 71)
"""The broker does not know the session (any more), or is at another point of it."""

_LAST_EPOCH = 2**31 - 1

_Wanted = Mapping[tuple[str, int], tuple[int, int]]
"""Of each partition the offset to read from, and how many bytes at most."""


def keep_fetch_sessions() -> None:
    """From now on every consumer of this process keeps fetch sessions."""
    aiokafka_consumer.Fetcher = SessionFetcher


class SessionRequest(FetchRequest):  # type: ignore[misc]  # aiokafka's classes are untyped
    """A fetch as aiokafka asks it, said to the broker as its session needs it.

    `session` is its id and epoch; what is `named` has changed since the last request, what is `forgotten` is not
    fetched any more.
    """

    def __init__(self, asked: FetchRequest, assignment: object) -> None:
        self.__dict__.update(asked.__dict__)
        self._topics: Any = asked.topics
        self.assignment = assignment
        self.session = (0, -1)
        self.named = asked.topics
        self.forgotten: list[tuple[str, list[int]]] = []

    def build(self, request_struct_class: Any) -> Any:
        """What goes over the wire, in the version that the broker speaks."""
        if request_struct_class.API_VERSION < _WITH_SESSIONS:
            return super().build(request_struct_class)
        every: Any = self._topics
        self._topics = self.named
        try:
            built = super().build(request_struct_class)
        finally:
            self._topics = every
        built.session_id, built.session_epoch = self.session
        built.forgotten_topics_data = self.forgotten
        return built

    def only(self, told: Any) -> None:
        """Of what was asked for, only this was answered: nobody has to look at the rest."""
        wanted = {(topic, one[0]): one for topic, partitions in self._topics for one in partitions}
        self._topics = [(topic, [wanted[topic, one[0]] for one in partitions]) for topic, partitions in told]


class FetchSession:
    """What one broker knows of what we fetch from it."""

    def __init__(self) -> None:
        self._id = 0
        self._epoch = 0
        self._known: _Wanted = {}
        self._assignment: object = None

    def ask(self, request: SessionRequest) -> None:
        """Say in the request what the broker does not know yet."""
        wanted = {(topic, one[0]): (one[1], one[2]) for topic, partitions in request.topics for one in partitions}
        if request.assignment is not self._assignment:
            self._epoch = 0
            self._assignment = request.assignment
        request.session = (self._id, self._epoch)
        if self._epoch:
            known = self._known
            request.named = _by_topic((at, wanted[at]) for at in wanted if known.get(at) != wanted[at])
            forgotten: defaultdict[str, list[int]] = defaultdict(list)
            for topic, partition in known.keys() - wanted.keys():
                forgotten[topic].append(partition)
            request.forgotten = list(forgotten.items())
        else:
            request.named, request.forgotten = request.topics, []
        self._known = wanted

    def answered(self, response: Any) -> bool:
        """Take note of the answer. False if the session is lost: the same is to be asked again, in full."""
        if response.API_VERSION < _WITH_SESSIONS:
            return True
        if response.error_code:
            self.doubt()
            if response.error_code in _SESSION_LOST:
                self._id = 0
                return False
            return True
        if not self._epoch:
            self._id = response.session_id
        # A session that the broker did not make has no id, and is asked for again.
        self._epoch = (1 if self._epoch in (0, _LAST_EPOCH) else self._epoch + 1) if self._id else 0
        return True

    def doubt(self) -> None:
        """What the broker has heard is not known: the next request closes the session and says everything anew."""
        self._epoch = 0


class SessionFetcher(Fetcher):  # type: ignore[misc]  # as above
    """aiokafka's fetcher, whose requests go through a session with each broker."""

    def __init__(self, client: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(_InSessions(client), *args, **kwargs)

    async def _proc_fetch_request(self, assignment: Any, node_id: int, request: FetchRequest) -> Any:
        return await super()._proc_fetch_request(assignment, node_id, SessionRequest(request, assignment))


class _InSessions:
    """The client as the fetcher sees it. One request at a time is under way to each broker."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._sessions: defaultdict[int, FetchSession] = defaultdict(FetchSession)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    async def send(self, node_id: int, request: Any, **also: Any) -> Any:
        if not isinstance(request, SessionRequest):
            return await self._client.send(node_id, request, **also)
        session = self._sessions[node_id]
        try:
            while True:
                session.ask(request)
                response = await self._client.send(node_id, request, **also)
                if session.answered(response):
                    break
        except BaseException:
            session.doubt()
            raise
        if response.topics is not None:
            request.only(response.topics)
        return response


def _by_topic(partitions: Any) -> list[tuple[str, list[tuple[int, int, int]]]]:
    found: defaultdict[str, list[tuple[int, int, int]]] = defaultdict(list)
    for (topic, partition), (offset, at_most) in partitions:
        found[topic].append((partition, offset, at_most))
    return list(found.items())
