"""The refusal to name a price, when what is known of a session does not support an honest one."""

from __future__ import annotations


class CannotPrice(ValueError):
    """The session has no honest price under this tariff; the message says why in one sentence."""
