"""How far apart two statements of one session may be and still be the same: what rounding explains, and no more."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

FINEST_WH = Decimal("0.0001")
"""What a reading of ours can hold (tapwatt.facts.fields, Energy)."""
HOURS_OF_A_SECOND = Decimal("0.0003")
"""How far below nothing a time may be written, in hours: a clock was set, or two were compared."""
START_OFF = timedelta(seconds=60)
"""How far the first period may begin from where its session does: then the periods count."""

_WH_OFF = Decimal(5)
_WH_OFF_PER_PERIOD = Decimal("0.5")


def explained_wh(periods: int) -> Decimal:
    """How many Wh a total may be off so many periods: a hundredth of a kWh rounds it, a thousandth each of them."""
    return _WH_OFF + _WH_OFF_PER_PERIOD * periods
