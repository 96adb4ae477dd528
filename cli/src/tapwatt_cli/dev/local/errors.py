"""What can go wrong with the local Kafka and Redis, each in one sentence that says what to do."""

from __future__ import annotations

from tapwatt_cli.exit_codes import CannotBeDone


class LocalError(CannotBeDone):
    """Something that the local ring needs is not on this machine, or did not start."""
