"""Whether something that we depend on answers: named once when it does not any more, and once when it is back."""

from __future__ import annotations

from tapwatt.clock import Clock
from tapwatt.log import Log


class Outage:
    """Kafka, Redis or the provider, as this process finds it.

    What fails once and works the next moment is no outage: it is one where nothing has worked for `grace_s` seconds.
    """

    def __init__(self, what: str, clock: Clock, log: Log, grace_s: float) -> None:
        self._what = what
        self._clock = clock
        self._log = log
        self._grace_s = grace_s
        self._since: float | None = None
        self.reason = ""
        self._named = False

    def works(self) -> None:
        """It has just answered."""
        if self._since is None:
            return
        if self._named:
            self._log.warning(f"{self._what} is back", away_s=round(self._clock.monotonic() - self._since, 1))
        self._since, self.reason, self._named = None, "", False

    def fails(self, reason: str) -> None:
        """It has just not answered, or said no, for this reason."""
        if self._since is None:
            self._since = self._clock.monotonic()
        self.reason = reason
        self.look()

    def look(self) -> str:
        """Why it cannot be used, in a sentence, or nothing. An outage that nobody has named yet is named now."""
        if self._since is None:
            return ""
        away_s = self._clock.monotonic() - self._since
        if away_s < self._grace_s:
            return ""
        if not self._named:
            self._named = True
            self._log.error(f"{self._what} is down", reason=self.reason)
        return f"for {away_s:.0f} s: {self.reason}"

    @property
    def up(self) -> bool:
        """Whether it works, as far as is known."""
        return not self.look()
