"""What can go wrong with the local Kafka and Redis, each in one sentence that says what to do."""

from __future__ import annotations


class LocalError(Exception):
    """One clear sentence."""
