"""The tariffs that were read last: the same text is read once, and what differs by a letter is another."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from pricing.ocpi.known_tariffs import MOST, KnownTariffs
from pricing.ocpi.tariff_reader import UnreadableTariffs


def tariff(price: object = Decimal("0.45"), **changes: Any) -> dict[str, Any]:
    components = [{"type": "ENERGY", "price": price, "step_size": 1}]
    return {"id": "T", "currency": "EUR", "elements": [{"price_components": components}], **changes}


def test_the_same_text_is_read_once() -> None:
    known = KnownTariffs()
    first = known.at("$[0].tariffs[0]", tariff())
    assert known.at("$[1].tariffs[0]", tariff()) is first
    assert known.at("$[2].tariffs[0]", tariff(Decimal("0.46"))) != first
    # 1 and true are the same to Python, and true is no price
    known.at("$", tariff(1))
    with pytest.raises(UnreadableTariffs):
        known.at("$", tariff(True))


def test_a_tariff_of_an_older_version_is_another() -> None:
    known = KnownTariffs()
    assert known.at("$", tariff(), before_taxes=True) is not known.at("$", tariff())


def test_one_that_cannot_be_read_says_where_it_stands_each_time() -> None:
    known = KnownTariffs()
    for path in ("$[0].tariffs[0]", "$[1].tariffs[0]"):
        with pytest.raises(UnreadableTariffs) as refused:
            known.at(path, tariff("much"))
        assert refused.value.path.startswith(path)


def test_only_the_last_ones_are_held() -> None:
    known = KnownTariffs()
    first = known.at("$", tariff())
    for number in range(MOST - 1):
        known.at("$", tariff(id=f"T{number}"))
    assert known.at("$", tariff()) is first
    for number in range(MOST):
        known.at("$", tariff(id=f"U{number}"))
    assert known.at("$", tariff()) is not first
