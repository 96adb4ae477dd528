"""Two presentations are one card by the PAR where both have a comparable one, else by the token; like with like."""

import pytest
from pydantic import ValidationError

from tapwatt.facts.cards import Card, Fingerprint, FingerprintKind, same_card


def card(*known: str) -> Card:
    """A card known by words such as par:1:a, of which the last is made a digest."""
    fingerprints = []
    for word in known:
        kind, version, letter = word.split(":")
        fingerprints.append(Fingerprint(kind=FingerprintKind(kind), key_version=int(version), digest=letter * 64))
    return Card(fingerprints=tuple(fingerprints))


@pytest.mark.parametrize(
    ("one", "other", "how"),
    [
        (card("par:1:a"), card("par:1:a"), FingerprintKind.PAR),
        (card("card:1:a"), card("card:1:a"), FingerprintKind.CARD),
        (card("web:1:a"), card("web:1:a"), FingerprintKind.WEB),
        # a phone and the card in it: other tokens, one PAR
        (card("par:1:a", "card:1:b"), card("par:1:a", "card:1:c"), FingerprintKind.PAR),
        # two PARs that differ are two cards, whatever else agrees
        (card("par:1:a", "card:1:b"), card("par:1:c", "card:1:b"), None),
        # only one has a PAR: the token decides
        (card("par:1:a", "card:1:b"), card("card:1:b"), FingerprintKind.CARD),
        (card("par:1:a"), card("card:1:a"), None),
        # the keys were changed between the two: PARs under two keys say nothing, neither yes nor no
        (card("par:1:a", "card:2:b"), card("par:2:c", "card:2:b"), FingerprintKind.CARD),
        (card("par:1:a", "par:2:c"), card("par:2:c"), FingerprintKind.PAR),
        (card("card:1:a"), card("card:2:a"), None),
        (card("card:1:a"), card("web:1:a"), None),
        (card("card:1:a"), card("card:1:b"), None),
    ],
)
def test_s05_two_presentations_are_one_card_like_with_like(one: Card, other: Card, how: FingerprintKind | None) -> None:
    assert same_card(one, other) is how
    assert same_card(other, one) is how


def test_a_card_is_known_by_something() -> None:
    with pytest.raises(ValidationError):
        Card(fingerprints=())


@pytest.mark.parametrize("digest", ["", "a" * 63, "a" * 65, "A" * 64, "g" * 64, "a" * 64 + "\n"])
def test_only_64_hexadecimal_characters_are_a_digest_so_that_no_token_passes_for_one(digest: str) -> None:
    with pytest.raises(ValidationError):
        Fingerprint(kind=FingerprintKind.CARD, key_version=1, digest=digest)


def test_a_fingerprint_carries_nothing_beside_its_digest() -> None:
    with pytest.raises(ValidationError):
        Fingerprint.model_validate(
            {"kind": "card", "key_version": 1, "digest": "a" * 64, "token": "9912345678901234567"}
        )
