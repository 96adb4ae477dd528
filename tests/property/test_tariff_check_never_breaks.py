"""Whatever stands where in a tariff, the check ends with findings in plain sentences, and agrees with the service."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from pricing.checking.check import check
from pricing.ocpi.documents import UnreadableOcpi, read_json
from tapwatt.tariffs import Tariff, contradiction

ON = date(2026, 3, 2)
WHOLE = {
    "id": "T",
    "currency": "EUR",
    "type": "AD_HOC_PAYMENT",
    "tax_included": "NO",
    "min_price": {"before_taxes": 1, "after_taxes": 2},
    "max_price": {"excl_vat": 50},
    "preauthorize_amount": 60,
    "start_date_time": "2026-01-01T00:00:00Z",
    "end_date_time": "2026-12-31T00:00:00Z",
    "elements": [
        {
            "price_components": [{"type": "ENERGY", "price": 0.45, "vat": 21, "step_size": 1}],
            "restrictions": {
                **{"start_time": "09:00", "end_time": "17:00", "start_date": "2026-01-01", "end_date": "2026-06-01"},
                **{"min_kwh": 1, "max_kwh": 20, "min_power": 1, "max_power": 22, "min_current": 6, "max_current": 32},
                **{"min_duration": 60, "max_duration": 3600, "day_of_week": ["MONDAY"]},
            },
        },
        {
            "price_components": [{"type": "FLAT", "price": 1}, {"type": "TIME", "price": 1}],
            "restrictions": {"reservation": "RESERVATION"},
        },
    ],
}
anything = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(10**12), 10**12),
        st.floats(allow_nan=False),
        st.text(max_size=8),
        st.sampled_from(["", "0", "-1", "1e5", "00:00", "24:00", "09:00+02:00", "0001-01-01", "9999-12-31", "\ud800"]),
        st.sampled_from(["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-14:00", "FLAT", "N/A"]),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=5,
)


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every container in it, with each of its keys or places."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [found for key, one in inside for found in [(value, key), *places(one)]]


@settings(max_examples=600, deadline=None)
@given(st.data(), st.integers(1, 3))
def test_a_tariff_that_is_spoilt_anywhere_is_checked_to_the_end(data: st.DataObject, spoilt: int) -> None:
    # given a good tariff with something else in up to three places
    tariff = json.loads(json.dumps(WHOLE))
    for _ in range(spoilt):
        container, key = data.draw(st.sampled_from(places(tariff)))
        container[key] = data.draw(anything)
    try:
        written = read_json(json.dumps(tariff))
    except UnreadableOcpi:
        return
    # when it is checked
    checked = check("$", written, ON)
    # then every finding is something that can be shown and says where it is
    for finding in checked.findings:
        assert finding.path.startswith("$")
        assert finding.says.isprintable()
        assert finding.hint
    # and a tariff that the service would refuse is never good
    try:
        refused = contradiction(Tariff.model_validate(written)) is not None
    except (ValidationError, ValueError, ArithmeticError):
        refused = True
    assert ("error" in [str(finding.severity) for finding in checked.findings]) >= refused
