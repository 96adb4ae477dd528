"""What leaves the provider adapter in place of a card token: keyed fingerprints, matched like with like."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from tapwatt.exact import WHOLE


class FingerprintKind(StrEnum):
    """What was fingerprinted: the PAR ties a card to its phone and watch; a token names one device's card."""

    PAR = "par"
    CARD = "card"
    WEB = "web"


class Fingerprint(BaseModel):
    """HMAC-SHA-256 of a PAR or token under a versioned secret key, 64 hexadecimal characters."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: FingerprintKind
    key_version: Annotated[int, Field(ge=1), WHOLE]
    digest: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]

    def __str__(self) -> str:
        return f"{self.kind}:{self.key_version}:{self.digest}"


class Card(BaseModel):
    """The card that was presented, known by its fingerprints alone; never empty."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    fingerprints: Annotated[tuple[Fingerprint, ...], Field(min_length=1, max_length=16)]

    @property
    def has_par(self) -> bool:
        """Whether the terminal gave a PAR for this card."""
        return any(f.kind is FingerprintKind.PAR for f in self.fingerprints)


def same_card(one: Card, other: Card) -> FingerprintKind | None:
    """How two presentations are known to be one card: by PAR when both have one, else by token; else None."""
    shared = {f.kind for f in set(one.fingerprints) & set(other.fingerprints)}
    if one.has_par and other.has_par and _comparable_pars(one, other):
        return FingerprintKind.PAR if FingerprintKind.PAR in shared else None
    for kind in (FingerprintKind.CARD, FingerprintKind.WEB):
        if kind in shared:
            return kind
    return None


def _comparable_pars(one: Card, other: Card) -> bool:
    def versions(card: Card) -> set[int]:
        return {f.key_version for f in card.fingerprints if f.kind is FingerprintKind.PAR}

    return bool(versions(one) & versions(other))
