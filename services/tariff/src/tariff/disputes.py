"""How a dispute is worded: what was measured, why it is doubted, what it would owe, what stands, who may settle it."""

from __future__ import annotations

from tapwatt.facts.events import AuthorisationDeclined, Authorised, SessionDisputed, SessionPriced
from tapwatt.facts.reasons import Doubt
from tariff.reading import Fault, Reading, at, plain

_LONGEST = 500


def disputed(
    authorised: Authorised, reading: Reading | None, fault: Fault, stated: SessionPriced | None
) -> SessionDisputed:
    """A word that is not believed, before anything was priced: its hold stands until a better word or a person's."""
    return SessionDisputed(
        operator_id=authorised.place.operator_id,
        session_id=authorised.session_id,
        doubt=fault.doubt,
        why=fault.why[:_LONGEST],
        place=authorised.place,
        hold=authorised.hold,
        measured=reading and reading.measured,
        stated=stated and stated.owed,
        settled_by=("fleet", "operator"),
    )


def contradicts(
    authorised: Authorised,
    reading: Reading | None,
    fault: Fault | None,
    stated: SessionPriced | None,
    priced: SessionPriced,
) -> SessionDisputed:
    """A word that says something else than what was priced. Only a person can settle it: the hold is taken once."""
    said = (
        f"it says {plain(reading.energy_wh)} Wh until {at(reading.ended_at)}" if reading else "it says nothing charged"
    )
    doubt = f" ({fault.why})" if fault else ""
    why = f"{said}{doubt}, {_against(stated, priced)}, for {plain(priced.energy_wh)} Wh"
    return SessionDisputed(
        operator_id=authorised.place.operator_id,
        session_id=authorised.session_id,
        doubt=Doubt.CONTRADICTING_END,
        why=why[:_LONGEST],
        place=authorised.place,
        hold=authorised.hold,
        measured=reading and reading.measured,
        stated=stated and stated.owed,
        stands=priced.owed,
        settled_by=("operator",),
    )


def charged_without_hold(declined: AuthorisationDeclined, reading: Reading) -> SessionDisputed:
    """A car charged although there was no hold to take it from."""
    why = (
        f"the session was declined ({declined.reason}) and yet it charged {plain(reading.energy_wh)} Wh: there is no "
        "hold to take it from; ask the fleet why it gave energy"
    )
    return SessionDisputed(
        operator_id=declined.place.operator_id,
        session_id=declined.session_id,
        doubt=Doubt.CHARGED_WITHOUT_HOLD,
        why=why[:_LONGEST],
        place=declined.place,
        measured=reading.measured,
        settled_by=("operator",),
    )


def _against(stated: SessionPriced | None, priced: SessionPriced) -> str:
    if stated is None:
        return f"which has no price, and {priced.owed} was priced"
    more = stated.owed.minor - priced.owed.minor
    if not more:
        return f"which is the {priced.owed} that was priced"
    off = stated.owed - priced.owed if more > 0 else priced.owed - stated.owed
    return f"which is {stated.owed}, {off} {'more' if more > 0 else 'less'} than the {priced.owed} that was priced"
