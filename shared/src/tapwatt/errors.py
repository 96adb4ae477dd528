"""What can go wrong, named by what to do next. A refusal is not here: a refusal is a fact."""

from __future__ import annotations


class TapwattError(Exception):
    """One clear sentence: what is wrong, where, and what to do.

    Where it came of a call to the provider, `phase` says how far that had come: connect, send or answer; or refused,
    where the provider is there and has said no.
    """

    phase = "answer"


class Poison(TapwattError):
    """Bytes we cannot read or a broken contract: never retried, dead-lettered at once, the partition goes on."""


class NeedsHuman(TapwattError):
    """Only a human can find out what happened (manualintervention): dead-lettered and paged, never retried blindly.

    Once it is known, the dead-lettered event is replayed and its outcome applies.
    """


class Unavailable(TapwattError):
    """Nothing has happened yet, so the same thing may be tried again: in place first, then by schedule."""

    def __init__(self, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class RateLimited(Unavailable):
    """We ask too often for the other side's taste."""


class OutcomeUnknown(TapwattError):
    """Money may have moved: ask before anything else, never try blindly."""


class BrokenInvariant(TapwattError):
    """We or the provider are wrong about a session: it is quarantined with its later records, a human is paged."""


class BadCredentials(TapwattError):
    """The provider does not accept our key: every further call would fail too, so we stop calling.

    Said at start, before anything runs; at work whatever needs the provider is Unavailable until it accepts the key.
    """


class BadSettings(TapwattError):
    """A setting is missing or wrong; said at start, before anything runs."""
