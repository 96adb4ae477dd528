"""The stated policy of rounding: a default, and a rule of its own for a currency that has one."""

from __future__ import annotations

import dataclasses

import pytest

from tapwatt.money import Rounding, RoundingPolicy


def test_a_currency_without_a_rule_of_its_own_follows_the_default() -> None:
    policy = RoundingPolicy(Rounding.HALF_UP, {"SEK": Rounding.DOWN})
    assert (policy.of("EUR"), policy.of("SEK")) == (Rounding.HALF_UP, Rounding.DOWN)
    assert RoundingPolicy().of("JPY") is Rounding.HALF_UP


@pytest.mark.parametrize("unknown", ["EURO", "eur", "XTS-", ""])
def test_a_rule_for_a_currency_that_does_not_exist_is_refused(unknown: str) -> None:
    with pytest.raises(ValueError, match="is not an ISO 4217 currency"):
        RoundingPolicy(Rounding.HALF_UP, {unknown: Rounding.UP})


def test_a_policy_does_not_change_when_what_it_was_made_from_does() -> None:
    rules = {"SEK": Rounding.DOWN}
    policy = RoundingPolicy(Rounding.HALF_UP, rules)
    rules["SEK"] = Rounding.UP
    assert policy.of("SEK") is Rounding.DOWN
    with pytest.raises(dataclasses.FrozenInstanceError):
        policy.default = Rounding.UP  # type: ignore[misc]
