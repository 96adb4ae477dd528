"""Whatever stands in a file, the readers answer with a price or with one sentence that says where it is wrong."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from lab.fuzz.__main__ import Case, outcome_of, replay_outcome_of, some_case
from lab.fuzz.mutations import TARIFF, good_records, text_of

from pricing.ocpi.recorded_usage import read_usage
from tapwatt_cli.prices.pricing_records import How, document, price_usage

HOW = How(time_zone="Europe/Amsterdam")
GOOD_TARIFF = text_of(TARIFF).encode()

SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.decimals().map(str)
NAMES = st.sampled_from(
    [
        *("id", "currency", "elements", "price_components", "restrictions", "type", "price", "vat", "step_size"),
        *("data", "charging_periods", "dimensions", "volume", "start_date_time", "end_date_time", "total_energy"),
        *("kwh", "status", "last_updated", "tariffs", "total_cost", "excl_vat", "min_price", "cdr_location", "credit"),
    ]
)
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=6), max_leaves=25
)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 2**48))
def test_a_good_file_spoilt_anywhere_has_a_price_or_one_sentence(seed: int) -> None:
    case = some_case(Random(seed))
    outcome_of(case)
    replay_outcome_of(case.record)


@settings(max_examples=300, deadline=None)
@given(tariff=JSON, record=JSON)
def test_any_json_has_a_price_or_one_sentence(tariff: Any, record: Any) -> None:
    outcome_of(Case(json.dumps(tariff).encode(), json.dumps(record).encode(), HOW))
    outcome_of(Case(GOOD_TARIFF, json.dumps(record).encode(), HOW))
    replay_outcome_of(json.dumps(record).encode())


@settings(max_examples=200, deadline=None)
@given(tariff=st.binary(max_size=300), record=st.binary(max_size=300))
@example(tariff=b"\xef\xbb\xbf{}", record=b"\xff\xfe[\x00]\x00")
@example(tariff=b"[" * 200_000, record=b'{"a":' * 200_000)
def test_any_bytes_have_one_sentence(tariff: bytes, record: bytes) -> None:
    assert outcome_of(Case(tariff, record, HOW)) != "priced"
    assert outcome_of(Case(GOOD_TARIFF, record, HOW)) != "priced"


@pytest.mark.parametrize("number", range(len(good_records())))
def test_what_is_spoilt_was_good_before(number: int) -> None:
    # so that the others meet the whole way and not its first refusal only
    record = good_records()[number]
    assert outcome_of(Case(GOOD_TARIFF if "kwh" in record else None, text_of(record).encode(), HOW)) == "priced"


def test_the_order_of_names_in_the_json_does_not_matter() -> None:
    def turned(one: Any) -> Any:
        if isinstance(one, dict):
            return {name: turned(one[name]) for name in reversed(one)}
        return [turned(part) for part in one] if isinstance(one, list) else one

    for record in good_records()[:-1]:
        ways = [read_usage(text_of(one)) for one in (record, turned(record))]
        first, second = (document(price_usage(usage, None, HOW)) for [usage] in ways)
        assert first == second
