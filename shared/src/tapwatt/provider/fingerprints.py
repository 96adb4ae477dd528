"""Turns the secret token of a card into fingerprints that can be kept and compared without knowing the card."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Iterable, Mapping

from pydantic import SecretStr

from tapwatt.facts.cards import Card, Fingerprint, FingerprintKind

KEY_BYTES = 32
"""A key shorter than its hash would be the weakest part of a fingerprint (RFC 2104, section 3)."""

LARGEST_RING = 8
"""Keys known at once: two fingerprints each is all that a Card may carry."""

_PAR = re.compile(r"(?:5001|V001)[0-9A-Z]{25}")
_CARD_TOKEN = re.compile(r"99[0-9A-Za-z]{16}")
_WEB_TOKEN = re.compile(r"9[65][0-9A-Za-z]{16}")
_REVERSED_PAN = re.compile(r"[0-9]{12,19}")


def parse_keys(text: str) -> dict[int, bytes]:
    """The keys in "1:hex,2:hex", by version. ValueError, without the keys in it, if they cannot be used."""
    keys: dict[int, bytes] = {}
    for part in text.split(","):
        version, colon, digits = part.strip().partition(":")
        if not colon or not re.fullmatch("[1-9][0-9]{0,5}", version):
            raise ValueError("write the keys as 1:hex,2:hex, each with its version, the newest with the highest")
        if not re.fullmatch("(?:[0-9a-fA-F]{2})*", digits) or len(digits) < 2 * KEY_BYTES:
            raise ValueError(f"key {version} is not {KEY_BYTES} bytes or more in hexadecimal: openssl rand -hex 32")
        if int(version) in keys:
            raise ValueError(f"key {version} is given twice")
        keys[int(version)] = bytes.fromhex(digits)
    if len(keys) > LARGEST_RING:
        raise ValueError(f"at most {LARGEST_RING} keys can be in use; remove those whose sessions have all ended")
    return keys


class Fingerprints:
    """Fingerprints under versioned keys. Live and test cards never match each other, nor a PAR a token.

    `on_refused` hears "token" or "par" for each one of a kind nobody told us of (scenario 5), for a counter.
    """

    def __init__(
        self,
        keys: Mapping[int, bytes],
        *,
        live: bool,
        test_tokens: bool = False,
        on_refused: Callable[[str], None] = lambda what: None,
    ) -> None:
        if not keys or any(len(key) < KEY_BYTES for key in keys.values()):
            raise ValueError(f"fingerprints need at least one key, each of {KEY_BYTES} bytes or more")
        self._keys = dict(sorted(keys.items()))
        self._current = max(self._keys)
        self._mode = b"live" if live else b"test"
        self._reversed_pans = test_tokens and not live
        self._on_refused = on_refused

    def current(self, token: SecretStr | None, par: SecretStr | None) -> Card | None:
        """The card under the newest key: what a new session remembers. None if nothing of it can be known."""
        return self._card((self._current,), token, par)

    def every(self, token: SecretStr | None, par: SecretStr | None) -> Card | None:
        """The card under every key in use: what a tap is looked up by, so that older sessions still match."""
        return self._card(tuple(reversed(self._keys)), token, par)

    def _card(self, versions: Iterable[int], token: SecretStr | None, par: SecretStr | None) -> Card | None:
        known: list[tuple[FingerprintKind, SecretStr]] = []
        if par is not None and self._accepted("par", _PAR.fullmatch(par.get_secret_value()) is not None):
            known.append((FingerprintKind.PAR, par))
        if token is not None:
            kind = self._token_kind(token.get_secret_value())
            if self._accepted("token", kind is not None) and kind is not None:
                known.append((kind, token))
        prints = tuple(self._fingerprint(version, kind, secret) for version in versions for kind, secret in known)
        return Card(fingerprints=prints) if prints else None

    def _accepted(self, what: str, known: bool) -> bool:
        if not known:
            self._on_refused(what)
        return known

    def _token_kind(self, token: str) -> FingerprintKind | None:
        if _CARD_TOKEN.fullmatch(token):
            return FingerprintKind.CARD
        if _WEB_TOKEN.fullmatch(token):
            return FingerprintKind.WEB
        if self._reversed_pans and _REVERSED_PAN.fullmatch(token):
            return FingerprintKind.CARD
        return None

    def _fingerprint(self, version: int, kind: FingerprintKind, secret: SecretStr) -> Fingerprint:
        said = b"\0".join((self._mode, kind.value.encode(), secret.get_secret_value().encode()))
        digest = hmac.new(self._keys[version], said, hashlib.sha256).hexdigest()
        return Fingerprint(kind=kind, key_version=version, digest=digest)
