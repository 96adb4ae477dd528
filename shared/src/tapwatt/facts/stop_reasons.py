"""What a charger's own word for why it stopped means in ours: OCPP's whole list, and what to do with any other word."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import WithJsonSchema, model_validator

from tapwatt.facts.reasons import EndReason

_LONGEST = 500
StopReason = Annotated[EndReason, WithJsonSchema({"type": "string", "maxLength": _LONGEST})]
"""One of our words; as an event has it, any."""

OCPP: Mapping[str, EndReason] = MappingProxyType(
    {
        # OCPP 1.6 (7.36, Reason), 2.0.1 and 2.1 (ReasonEnumType) together.
        "DeAuthorized": EndReason.OPERATOR,
        "EmergencyStop": EndReason.FAULT,
        "EVDisconnected": EndReason.EV_DISCONNECTED,
        "Local": EndReason.OTHER,
        "Other": EndReason.OTHER,
        "PowerLoss": EndReason.FAULT,
        "Reboot": EndReason.FAULT,
        "Remote": EndReason.OPERATOR,
        # OCPP 1.6 alone.
        "HardReset": EndReason.FAULT,
        "SoftReset": EndReason.FAULT,
        "UnlockCommand": EndReason.OPERATOR,
        # OCPP 2.0.1 and 2.1.
        "EnergyLimitReached": EndReason.LIMIT,
        "GroundFault": EndReason.FAULT,
        "ImmediateReset": EndReason.FAULT,
        "LocalOutOfCredit": EndReason.LIMIT,
        "MasterPass": EndReason.OPERATOR,
        "OvercurrentFault": EndReason.FAULT,
        "PowerQuality": EndReason.FAULT,
        "SOCLimitReached": EndReason.LIMIT,
        "StoppedByEV": EndReason.EV_DISCONNECTED,
        "TimeLimitReached": EndReason.LIMIT,
        "Timeout": EndReason.EV_DISCONNECTED,
        # OCPP 2.1 alone.
        "ReqEnergyTransferRejected": EndReason.EV_DISCONNECTED,
    }
)
"""Local is any button or card at the charger, so it is none of ours; Remote is whoever runs it. A car that ended it by
itself, was never plugged in, or was refused what it asked for counts as disconnected."""

_OURS = {reason.value: reason for reason in EndReason}
_FOLDED = {word.casefold(): reason for word, reason in OCPP.items()}


def understood(said: str) -> EndReason:
    """What this word means: one of ours, one of OCPP's (in whatever case), else that it is another reason."""
    return _OURS.get(said) or _FOLDED.get(said.strip().casefold(), EndReason.OTHER)


@model_validator(mode="before")
def in_our_words(cls: type, event: Any) -> Any:  # of the fact that has it as a member
    """An event as it was read, its `reason` one of our words, and in `reason_said` what it was where it was another."""
    reason = event.get("reason") if isinstance(event, dict) else None
    if not isinstance(reason, str) or len(reason) > _LONGEST:
        return event
    ours = understood(reason)
    return event if ours == reason else {**event, "reason": ours, "reason_said": event.get("reason_said") or reason}
