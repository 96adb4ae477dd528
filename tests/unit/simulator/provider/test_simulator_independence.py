"""The simulated provider shares nothing with the adapter it is there to test; its amounts read back as written."""

import subprocess
import sys
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.provider.decimals import from_json, minor_units, to_json, written


def test_the_provider_imports_nothing_of_tapwatt() -> None:
    code = "import sys, simulator.__main__; print([name for name in sys.modules if name.split('.')[0] == 'tapwatt'])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@given(
    minor=st.integers(min_value=1, max_value=10**12),
    currency=st.sampled_from(["eur", "jpy", "isk", "kwd", "sek"]),
    style=st.sampled_from(["mixed", "plain", "fixed"]),
    variety=st.text(max_size=5),
)
def test_s24_an_amount_reads_back_as_it_was_written(minor: int, currency: str, style: str, variety: str) -> None:
    text = to_json({"amount": written(minor, currency, style, variety), "description": variety})
    amount = from_json(text)["amount"]
    assert isinstance(amount, Decimal)
    if amount < 10**10:
        assert minor_units(amount, currency) == minor


@pytest.mark.parametrize(
    ("minor", "currency", "text"), [(1999, "eur", "19.99"), (2000, "jpy", "2000"), (5, "kwd", "0.005")]
)
def test_s24_an_amount_has_the_decimals_of_its_currency(minor: int, currency: str, text: str) -> None:
    assert to_json(written(minor, currency, "fixed", "")) == text
