"""Knows whether what a service keeps in Redis is whole, so that a lost view says "not yet" and never "nothing".

What a service keeps is a view of topics. All of it lives in generations of keys under one marker, a hash with the
current generation, the epoch (a number that grows when the code changes what it keeps) and the server process.
Every script reads that marker in the same call as the data, so there is no moment between the check and the read.
A flush takes the marker away; a restart or a failover, which may lose writes that were acknowledged, changes the
server's run id; new code counts the epoch up. In each case every read and write is Unavailable until the view has
been built anew (tapwatt.state.rebuild). Older code never takes the view back: its records wait until it is replaced.

A single key may be lost, too (evicted, deleted by hand). Each generation has a register of its keys and how long each
is to live; what is not there though the register has it was lost. Every script looks before it says that there is
nothing, or makes a key, and whoever looks whether the view is whole looks for some of its keys each time. From then on
the generation is no longer the current one, and the view is built anew (docs/adr/0013).

A Redis that came back, or its replica, has all of what it had at some moment. So beside the data it is noted again and
again how far the topics are in it, and what was lost since is read from there (`resume`): history is read anew only
where there is nothing to go on with (docs/adr/0018).

A rebuild writes into a generation that nobody reads, and one script makes it current. It may die at any line: a
generation that never became current is invisible, and the next rebuild sets it aside and removes it. Only one that is
being built is named in the marker, and every write of a rebuild is refused unless it carries that name: the name is
the fencing token, so a rebuilder that lost its lease can no longer write. Nothing live is lost meanwhile: a service
whose view is not whole waits and tries again, so a record is before the end offsets, which are taken after the
generation was named (and read by the rebuild), or handled when the view is whole, or both. Records may be applied
twice and in any order, which every script allows.

One hash tag a service, not one a site: a script has to see the marker, so all keys of a service must share its slot. A
core of Redis runs 7,000 to 10,000 of these scripts a second, more than one service's whole fleet asks for; a ring that
outgrows that takes another Redis for each service, and then another ring for each operator.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib import resources
from typing import Any, NamedTuple, NewType, Protocol

from redis.exceptions import ResponseError

from tapwatt import crash_windows as crash
from tapwatt.errors import Unavailable
from tapwatt.state.redis_client import LuaScript, RedisClient, Text

Generation = NewType("Generation", str)
"""The name of a generation that is being built; whoever holds it may write into it."""

LEASE_S = 30.0
"""How long a rebuild that says nothing is thought to be alive."""


LOOK_MS = 2000
"""How often it is looked whether a view is whole."""

LOOKED_AT = 1000
"""How many keys are looked for each time: 30,000 within a minute."""

_LAYOUT = 1
"""Counted up when what view.lua keeps of every view changes: all views are then rebuilt from the log."""


Checkpoint = Mapping[str, str]
"""How far the topics were in a view when that was noted, in the words of whoever noted it."""


class Superseded(Unavailable):
    """Another rebuild has taken over, or Redis has started anew: this one can no longer count."""


class ViewState(Protocol):
    """Whether a view is whole, and the steps by which one rebuild makes it so."""

    async def whole(self) -> bool:
        """Whether what the view says may be believed."""
        ...

    async def begin(self) -> Generation | None:
        """Name a generation to build and lease it to the caller; None while another's lease runs, or if it is whole."""
        ...

    async def resume(self) -> tuple[Generation, Checkpoint] | None:
        """Lease the generation that was whole for another server, to be brought up to date from where it was.

        None where there is none, or another has it leased: `begin` then says which.
        """
        ...

    async def distrust(self, generation: Generation) -> None:
        """This one cannot be gone on with."""
        ...

    async def checkpoint(self, noted: Checkpoint) -> None:
        """Note how far the topics are in the view. All that is before this was written into it. Unavailable as ever."""
        ...

    async def renew(self, generation: Generation) -> None:
        """Still at it. Superseded if it no longer counts."""
        ...

    async def mark_whole(self, generation: Generation) -> None:
        """Make this generation what everybody reads. Superseded if it no longer counts."""
        ...

    async def abandon(self, generation: Generation) -> None:
        """Let the next one begin at once. Nothing happens if it no longer counts."""
        ...

    async def clean(self) -> None:
        """Remove the generations that nobody reads any more."""
        ...


def lua(package: str, name: str) -> str:
    """The text of a script that lies beside the code of a package."""
    return resources.files(package).joinpath("lua", name).read_text(encoding="utf-8")


class Script(NamedTuple):
    """A script of ours, and the word for it in the windows on both sides of it; none where it only reads.

    One that asks which server this is does so itself, and does not believe the connection (a proxy may stand between).
    """

    lua: LuaScript
    writes: str
    asks_server: bool = False


@cache
def _script(package: str, name: str) -> Script:
    """Read once a process: a rebuild writes each record through a store of its own."""
    word = name.removesuffix(".lua").replace("_", "-")
    text = lua("tapwatt.state", "view.lua") + lua(package, name)
    return Script(LuaScript.of(text), word if word in crash.WRITES else "")


class RedisView:
    """One service's view in Redis. Count `epoch` up whenever the keys, or the topics they come from, change."""

    def __init__(
        self,
        redis: RedisClient,
        service: str,
        epoch: int,
        *,
        lease_s: float = LEASE_S,
        new_name: Callable[[], str] = lambda: secrets.token_hex(8),
    ) -> None:
        self.service = service
        self.marker = f"{redis.key_prefix}:{{{service}}}"
        self._redis = redis
        self._epoch = _LAYOUT * 1000 + epoch
        self._lease_ms = int(lease_s * 1000)
        self._new_name = new_name
        self._next: Generation | None = None
        self._beginning = asyncio.Lock()
        self._whole, self._begin, self._renew, self._switch, self._abandon, self._cleaned = self._of_the_view(
            "whole", "begin", "renew", "switch", "abandon", "superseded"
        )
        self._resume, self._distrust, self._checkpoint = self._of_the_view("resume", "distrust", "checkpoint")

    def _of_the_view(self, *names: str) -> Iterator[Script]:
        """What watches over the view itself."""
        return (self.script("tapwatt.state", f"view_{name}.lua")._replace(asks_server=True) for name in names)

    def script(self, package: str, name: str) -> Script:
        """One of our scripts, with what all of them begin with put before it."""
        return _script(package, name)

    async def run(self, script: Script, *args: Text, into: Generation | None = None) -> Any:
        """Run a script on the current generation, or on one being built. Unavailable while the view is not whole."""
        if crash.armed and script.writes:
            await crash.armed(f"before-{script.writes}")
        told = await self._run(script, *args, into=into)
        if crash.armed and script.writes:
            await crash.armed(f"after-{script.writes}")
        return told

    async def _run(self, script: Script, *args: Text, into: Generation | None = None) -> Any:

        def told(server: str) -> tuple[Text, ...]:
            known = "" if script.asks_server else server
            return (f"{self._epoch} {known}", into or "", *args)

        try:
            return await self._redis.run(script.lua, (self.marker,), told)
        except ResponseError as error:
            self._redis.doubt_the_server()
            if str(error).startswith("SUPERSEDED"):
                raise Superseded(f"the rebuild of what {self.service} knows was taken over by another one") from error
            if str(error).startswith("LOST"):
                what = str(error).removeprefix("LOST ") or "register"
                raise Unavailable(
                    f"Redis has lost a key of what {self.service} knows (a {what}): nothing is said until it is rebuilt"
                ) from error
            if str(error).startswith("NEWER"):
                raise Unavailable(f"newer code holds what {self.service} knows: replace this worker with it") from error
            raise Unavailable(
                f"what {self.service} knows is being rebuilt: nothing is said until it is whole"
            ) from error

    async def whole(self) -> bool:
        """Whether what the view says may be believed. Unavailable, once, if it was found that a key of it is lost."""
        return bool(await self.run(self._whole, LOOKED_AT, LOOK_MS))

    async def begin(self) -> Generation | None:
        """Name a generation to build and lease it to the caller; None while another's lease runs, or if it is whole."""
        # A name is used until Redis has answered it, so that a lease whose answer was lost is not waited for.
        async with self._beginning:
            self._next = generation = self._next or Generation(self._new_name())
            begun = await self.run(self._begin, generation, self._lease_ms)
            self._next = None
        return generation if begun else None

    async def resume(self) -> tuple[Generation, Checkpoint] | None:
        """Lease the generation that was whole for another server, to be brought up to date from where it was."""
        told = [part.decode() for part in await self.run(self._resume, self._new_name(), self._lease_ms)]
        if not told:
            return None
        return Generation(told[0]), dict(zip(told[1::2], told[2::2], strict=True))

    async def distrust(self, generation: Generation) -> None:
        """This one cannot be gone on with."""
        await self.run(self._distrust, generation)

    async def checkpoint(self, noted: Checkpoint) -> None:
        """Note how far the topics are in the view."""
        await self.run(self._checkpoint, *(word for pair in noted.items() for word in pair))

    async def renew(self, generation: Generation) -> None:
        """Still at it. Superseded if it no longer counts."""
        await self.run(self._renew, self._lease_ms, into=generation)

    async def mark_whole(self, generation: Generation) -> None:
        """Make this generation what everybody reads. Superseded if it no longer counts."""
        await self.run(self._switch, into=generation)

    async def abandon(self, generation: Generation) -> None:
        """Let the next one begin at once. Nothing happens if it no longer counts."""
        await self.run(self._abandon, generation)

    async def clean(self) -> None:
        """Remove the generations that nobody reads any more: named first, removed, and only then forgotten."""
        for name in await self.run(self._cleaned):
            generation = name.decode()
            await self._redis.unlink_under(f"{self.marker}:{generation}:")
            await self.run(self._cleaned, generation)
