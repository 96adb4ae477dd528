"""Named moments at which a process can be made to die, so that what follows a crash is tried and not hoped for.

A window stands on each side of whatever touches the outside: the provider, Redis, Kafka, the clock's rounds. Nothing
happens there unless TAPWATT_CRASH_AT names one. Whoever reaches a window asks first whether any is wanted:

    if crash.armed:
        await crash.armed("before-produce")
"""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

VERBS = ("authorise", "read-token", "capture", "reverse", "refund", "status", "find", "slip", "cancel")
"""What a provider is called for, as windows name it."""

WRITES = (
    *("session-remember", "deadline-set", "deadline-clear", "deadline-take"),
    *("index-open", "index-close", "index-claim", "index-answer", "index-tap"),
    *("view-begin", "view-renew", "view-switch", "view-abandon"),
    *("view-checkpoint", "view-resume", "view-distrust"),
)
"""The scripts that write to Redis. view-begin names a generation, the fence; view-switch makes it current.

view-checkpoint notes how far it is; view-resume goes on with one that came back, view-distrust does not.
"""

WINDOWS: Mapping[str, str] = {
    "before-handling": "a record is read and noted; nothing was done about it",
    **{f"before-{verb}": f"the provider is about to be called: {verb}" for verb in VERBS},
    **{f"after-{verb}": f"the provider has answered: {verb}; nothing follows from it yet" for verb in VERBS},
    **{f"before-{script}": f"Redis is about to be written to: {script}" for script in WRITES},
    **{f"after-{script}": f"Redis was written to: {script}; nothing follows from it yet" for script in WRITES},
    "before-produce": "it is decided what is said; nothing of it is on its way",
    "in-delivery": "records were handed to Kafka's client; whether they stand on the log is not known",
    "after-produce": "what is said stands on the log; it is not remembered",
    "before-done": "a record is handled, told and remembered; its offset is not marked as done",
    "before-commit": "offsets are about to be committed",
    "after-commit": "offsets were committed",
    "before-revocation": "partitions are being taken away; what is finished is not committed",
    "after-revocation": "partitions were taken away; their handlers are stopped and forgotten",
    "before-seek": "partitions came; it is not known yet from where they are read",
    "before-retry": "a record goes into a retry topic; it does not stand there",
    "after-retry": "a record stands in a retry topic, and where it was it is not done",
    "before-dead-letter": "a record goes to the dead letters; it does not stand there",
    "after-dead-letter": "a record stands among the dead letters, and where it was it is not done",
    "before-quarantine": "a session is quarantined in this worker; nobody else knows",
    "after-quarantine": "a session's quarantine stands on the log, and the record that caused it is not done",
    "before-parking": "a record follows its quarantined session; it does not stand among the dead letters",
    "after-parking": "a record has followed its quarantined session, and where it was it is not done",
    "before-release": "all that was set aside of a session is replayed; its quarantine stands",
    "after-release": "the end of a quarantine stands on the log; the record that ended it is not done",
    "round-begins": "the clock's turn: nothing was looked for yet",
    "round-due": "something due was found and decided; nothing of it is said",
    "round-over": "all that was due is said and remembered",
    "in-rebuild": "some of the log was written into the view that is being built",
    "hint-taken": "the provider hinted at a transaction; nobody was told",
}
"""Every window, and where it stands in a sentence."""

armed: Callable[[str], Awaitable[None]] | None = None
"""What is told of each window that is reached; None where nobody wants to know."""


@dataclass(frozen=True, slots=True)
class CrashPoint:
    """The process of this service ends the n-th time that it reaches this window."""

    service: str
    window: str
    times: int

    @classmethod
    def parse(cls, text: str) -> CrashPoint:
        """Of `service:window:n`. ValueError in one sentence if it is something else."""
        parts = text.split(":")
        if len(parts) != 3 or not parts[0] or not re.fullmatch("[1-9][0-9]{0,8}", parts[2]):
            raise ValueError("write it as service:window:n, such as capturer:after-capture:1, with n from 1 on")
        service, window, times = parts
        if window not in WINDOWS:
            raise ValueError(f"there is no window {window[:60]!r}: docs/crash-windows.md lists them")
        return cls(service, window, int(times))


class Crashing:
    """Ends this process by SIGKILL, as nobody can be asked to end in peace, when its time has come."""

    def __init__(self, at: CrashPoint, end: Callable[[], None] = lambda: os.kill(os.getpid(), signal.SIGKILL)) -> None:
        self._at = at
        self._end = end
        self._reached = 0

    async def __call__(self, window: str) -> None:
        """A window is reached."""
        if window == self._at.window:
            self._reached += 1
            if self._reached == self._at.times:
                self._end()


def arm(told: Callable[[str], Awaitable[None]] | None) -> None:
    """From now on this is told of each window that is reached."""
    global armed  # noqa: PLW0603 - one falsy look is all that a window may cost
    armed = told
