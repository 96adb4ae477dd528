"""Remembers the tariffs that were read last by what is written in them: thousands of records bring the same one."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from pricing.ocpi.tariff_reader import tariff_at
from tapwatt.tariffs import Tariff

MOST = 64


class KnownTariffs:
    """Reads as `tariff_at` does, and each text of a tariff once, while it is among those that were asked for last."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, bool], Tariff] = OrderedDict()

    def at(self, path: str, one: dict[str, Any], *, before_taxes: bool = False) -> Tariff:
        """The tariff in this object. Raises UnreadableTariffs, each time for the path at which it stands."""
        # By its text: in Python 1, 1.0 and True are the same, and in a tariff they are not.
        written = (repr(one), before_taxes)
        found = self._known.pop(written, None)
        if found is None:
            found = tariff_at(path, one, before_taxes=before_taxes)
        self._known[written] = found
        if len(self._known) > MOST:
            self._known.popitem(last=False)
        return found
