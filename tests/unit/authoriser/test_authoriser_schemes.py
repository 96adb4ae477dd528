"""How long a hold stands and when it is warned of, by the card scheme that the provider's answer tells."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import TypeAdapter
from tests.unit.authoriser.test_authoriser_decide import TERMS, answer, decided, requested

from authoriser.agreement import Terms
from authoriser.settings import AuthoriserSettings
from tapwatt.errors import BadSettings
from tapwatt.facts.events import Authorised
from tapwatt.settings import read_settings

HELD_AT = datetime(2026, 3, 1, 12, 0, 20, tzinfo=UTC)
WINDOWS = '{"Visa": 5, "visa electron": 3, "MAESTRO": 1}'
WARNINGS = '{"visa": 24, "maestro": 2}'


@pytest.fixture
def set_by_scheme(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAPWATT_AUTHORISER_HOLD_WINDOW_DAYS_BY_SCHEME", WINDOWS)
    monkeypatch.setenv("TAPWATT_AUTHORISER_EXPIRING_BEFORE_H_BY_SCHEME", WARNINGS)


def authorised(brand: str | None, terms: Terms) -> Authorised:
    said = decided(requested(), replace(answer(), brand=brand), terms)
    assert isinstance(said, Authorised)
    return said


@pytest.mark.usefixtures("set_by_scheme")
@pytest.mark.parametrize(
    ("brand", "days", "hours"),
    [
        ("visa", 5, 24),
        ("VISA", 5, 24),
        (" Visa  Debit", 5, 24),
        ("visa-credit", 5, 24),
        ("V PAY", 5, 24),
        ("VPAY", 5, 24),
        ("Visa Electron", 3, 24),
        ("VISAELECTRON", 3, 24),
        ("Maestro", 1, 2),
        ("Mastercard", 2, 6),
        ("DEBIT MASTERCARD", 2, 6),
        ("vis", 2, 6),
        ("", 2, 6),
        ("***", 2, 6),
        (None, 2, 6),
    ],
)
def test_s08_a_hold_stands_and_is_warned_of_by_the_terms_of_its_card_scheme_else_by_the_general_ones(
    brand: str | None, days: float, hours: float
) -> None:
    said = authorised(brand, AuthoriserSettings().terms("EUR"))
    assert said.hold.expires_at == HELD_AT + timedelta(days=days)
    assert said.warn_at == HELD_AT + timedelta(days=days, hours=-hours)


@pytest.mark.usefixtures("set_by_scheme")
def test_a_product_that_has_terms_of_its_own_has_those_and_not_its_scheme_s(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAPWATT_AUTHORISER_HOLD_WINDOW_DAYS_BY_SCHEME", '{"visa": 5, "v pay": 1}')
    assert authorised("V-PAY", AuthoriserSettings().terms("EUR")).hold.expires_at == HELD_AT + timedelta(days=1)


def test_a_hold_is_never_warned_of_before_it_stood(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAPWATT_AUTHORISER_HOLD_WINDOW_DAYS_BY_SCHEME", '{"maestro": 0.1}')
    assert authorised("maestro", AuthoriserSettings().terms("EUR")).warn_at == HELD_AT


@pytest.mark.usefixtures("set_by_scheme")
def test_what_was_agreed_stands_whatever_is_set_since(monkeypatch: pytest.MonkeyPatch) -> None:
    # Given terms that were agreed and kept
    kept = TypeAdapter(Terms).dump_json(AuthoriserSettings().terms("EUR"))
    before = authorised("visa", AuthoriserSettings().terms("EUR"))
    # When other terms are set before the answer is made of them again
    monkeypatch.setenv("TAPWATT_AUTHORISER_HOLD_WINDOW_DAYS_BY_SCHEME", "{}")
    monkeypatch.setenv("TAPWATT_AUTHORISER_EXPIRING_BEFORE_H_BY_SCHEME", '{"visa": 1}')
    again = authorised("visa", TypeAdapter(Terms).validate_json(kept))
    # Then it is the same answer, and it is warned of when it was agreed
    assert again == before
    assert AuthoriserSettings().warn_at(again) == before.warn_at


def test_terms_that_were_kept_before_there_were_any_by_scheme_are_read() -> None:
    kept = TypeAdapter(Terms).dump_python(TERMS, mode="json")
    of_old = {name: kept[name] for name in ("presentation", "late_hold", "hold_window", "minimum_hold")}
    said = authorised("visa", TypeAdapter(Terms).validate_python(of_old))
    assert said.hold.expires_at == HELD_AT + timedelta(days=2)
    # and a hold that says nothing of its warning is warned of by the general time
    assert said.warn_at is None
    assert AuthoriserSettings().warn_at(said) == HELD_AT + timedelta(days=2, hours=-6)


@pytest.mark.parametrize("name", ["HOLD_WINDOW_DAYS_BY_SCHEME", "EXPIRING_BEFORE_H_BY_SCHEME"])
@pytest.mark.parametrize("wrong", ['{"visa": 0}', '{"visa": 400}', '{" - ": 1}', '{"visa": 1, "VISA ": 2}', "visa=5"])
def test_terms_by_scheme_that_cannot_be_used_are_said_at_the_start(
    monkeypatch: pytest.MonkeyPatch, name: str, wrong: str
) -> None:
    monkeypatch.setenv(f"TAPWATT_AUTHORISER_{name}", wrong)
    with pytest.raises(BadSettings):
        read_settings(AuthoriserSettings)
