"""Which service can come to which window: written down, so that a window that nobody reaches any more is noticed."""

from __future__ import annotations

SERVICES = ("authoriser", "token-matcher", "tariff", "capturer")


def _both(*names: str) -> set[str]:
    return {f"{side}-{name}" for side in ("before", "after") for name in names}


EVERY_SERVICE = (
    {"before-handling", "in-delivery", "before-done", "in-rebuild"}
    | _both("produce", "retry", "dead-letter", "view-begin", "view-renew", "view-switch", "view-abandon")
)  # fmt: skip
"""What the worker and the view do for whichever service."""

WITH_SESSIONS = (
    {"round-begins", "round-due", "round-over"}
    | _both("session-remember", "deadline-set", "deadline-clear", "deadline-take")
    | _both("quarantine", "parking", "release")
)  # fmt: skip
"""What a service does that remembers sessions. Stops are no session: the token matcher quarantines none."""

ON_KAFKA_ALONE = frozenset(
    {"before-commit", "after-commit", "before-revocation", "after-revocation", "before-seek"}
    | _both("view-checkpoint", "view-resume", "view-distrust")
)
"""What only the real worker does, on a real Kafka and a Redis that comes back; every service does all of it."""

REACHED: dict[str, set[str]] = {
    "authoriser": EVERY_SERVICE
    | WITH_SESSIONS
    | {"hint-taken"}
    | _both("authorise", "reverse", "status", "find", "cancel"),
    "token-matcher": EVERY_SERVICE
    | {"hint-taken"}
    | _both("read-token", "find", "cancel")
    | _both("index-open", "index-close", "index-claim", "index-answer", "index-tap"),
    "tariff": EVERY_SERVICE | WITH_SESSIONS,
    "capturer": EVERY_SERVICE
    | WITH_SESSIONS
    | {"hint-taken"}
    | _both("capture", "reverse", "refund", "status", "find", "slip"),
}
"""By service, on the ring in memory."""
