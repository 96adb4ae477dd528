"""What can go wrong with the local Kafka and Redis, each in one sentence that says what to do."""

from __future__ import annotations

from tapwatt.errors import TapwattError


class LocalError(TapwattError):
    """Something that the local ring needs is not on this machine, or did not start."""
