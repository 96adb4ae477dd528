"""Fingerprints name a card to whoever has the key, and to nobody else."""

from __future__ import annotations

import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from tapwatt.facts.cards import Card, FingerprintKind, same_card
from tapwatt.provider.fingerprints import Fingerprints

KEYS = {1: b"1" * 32, 3: b"3" * 32, 2: b"2" * 32}
TOKEN = SecretStr("990123456789ABCDEF")
PAR = SecretStr("V0010000000000000000000000ABC")
LIVE = Fingerprints(KEYS, live=True)
TEST = Fingerprints(KEYS, live=False, test_tokens=True)


def kinds(card: Card | None) -> list[FingerprintKind]:
    return [] if card is None else [one.kind for one in card.fingerprints]


def digests(card: Card | None) -> set[str]:
    return set() if card is None else {one.digest for one in card.fingerprints}


def test_a_fingerprint_is_hmac_sha_256_of_mode_kind_and_value() -> None:
    card = LIVE.current(TOKEN, None)
    assert card is not None
    [fingerprint] = card.fingerprints
    assert fingerprint.key_version == 3
    assert fingerprint.digest == hmac.new(b"3" * 32, b"live\0card\0990123456789ABCDEF", hashlib.sha256).hexdigest()


def test_s05_a_session_remembers_the_current_key_and_a_tap_is_looked_up_under_all() -> None:
    now, every = LIVE.current(TOKEN, PAR), LIVE.every(TOKEN, PAR)
    assert now is not None
    assert every is not None
    assert [(one.kind, one.key_version) for one in now.fingerprints] == [
        (FingerprintKind.PAR, 3),
        (FingerprintKind.CARD, 3),
    ]
    assert [one.key_version for one in every.fingerprints] == [3, 3, 2, 2, 1, 1]
    older = Fingerprints({1: KEYS[1], 2: KEYS[2]}, live=True).current(TOKEN, PAR)
    assert older is not None
    assert same_card(older, every) is FingerprintKind.PAR


def test_s05_live_and_test_cards_never_match() -> None:
    assert digests(LIVE.every(TOKEN, PAR)) & digests(TEST.every(TOKEN, PAR)) == set()


def test_s05_a_par_never_matches_a_token_even_if_they_read_alike() -> None:
    card = LIVE.every(TOKEN, PAR)
    assert card is not None
    assert len(digests(card)) == len(card.fingerprints)


@pytest.mark.parametrize("token", ["960123456789ABCDEF", "950123456789ABCDEF"])
def test_s05_a_web_token_is_a_kind_of_its_own(token: str) -> None:
    assert kinds(LIVE.current(SecretStr(token), None)) == [FingerprintKind.WEB]


@pytest.mark.parametrize(
    "token",
    [
        "980123456789ABCDEF",
        "99",
        "990123456789ABCDE",
        "990123456789ABCDEFG",
        "",
        "99012345678 ABCDEF",
        "990123456789abcdé",
        "990123456789ABCDEF\n",
        "4761730000000011",
    ],
)
def test_s05_a_token_of_no_known_kind_is_refused_and_counted(token: str) -> None:
    refused: list[str] = []
    fingerprints = Fingerprints(KEYS, live=True, on_refused=refused.append)
    assert fingerprints.current(SecretStr(token), None) is None
    assert fingerprints.every(SecretStr(token), SecretStr("5002" + "0" * 25)) is None
    assert refused == ["token", "par", "token"]


def test_what_is_known_of_a_card_is_used_and_what_is_not_is_counted() -> None:
    refused: list[str] = []
    fingerprints = Fingerprints(KEYS, live=True, on_refused=refused.append)
    assert kinds(fingerprints.current(SecretStr("12" * 9), PAR)) == [FingerprintKind.PAR]
    assert kinds(fingerprints.current(TOKEN, SecretStr("v001"))) == [FingerprintKind.CARD]
    assert fingerprints.current(None, None) is None
    assert refused == ["token", "par"]


@pytest.mark.parametrize("digits", [12, 16, 19])
def test_a_reversed_card_number_is_a_token_in_test_mode_where_that_is_allowed(digits: int) -> None:
    number = SecretStr("1" * digits)
    assert kinds(TEST.current(number, None)) == [FingerprintKind.CARD]
    assert Fingerprints(KEYS, live=False).current(number, None) is None
    assert Fingerprints(KEYS, live=True, test_tokens=True).current(number, None) is None
    assert TEST.current(SecretStr("1" * 11), None) is None
    assert TEST.current(SecretStr("1" * 20), None) is None


@given(st.from_regex(r"\A99[0-9A-Z]{16}\Z"), st.from_regex(r"\A99[0-9A-Z]{16}\Z"))
def test_two_cards_match_only_if_they_are_one(one: str, other: str) -> None:
    first, second = LIVE.current(SecretStr(one), None), LIVE.every(SecretStr(other), None)
    assert first is not None
    assert second is not None
    assert (same_card(first, second) is not None) == (one == other)


def test_nothing_shows_a_key_or_a_token() -> None:
    text = repr(LIVE) + repr(LIVE.every(TOKEN, PAR))
    assert TOKEN.get_secret_value() not in text
    assert PAR.get_secret_value() not in text
    assert "1111" not in repr(LIVE)


@pytest.mark.parametrize("keys", [{}, {1: b"short"}])
def test_a_key_that_is_too_short_is_refused(keys: dict[int, bytes]) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Fingerprints(keys, live=True)
