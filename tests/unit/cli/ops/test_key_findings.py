"""The doctor names the versions of the fingerprint keys, and never a key."""

from __future__ import annotations

from tapwatt_cli.ops.findings import Finding
from tapwatt_cli.ops.key_findings import key_findings

KEY = "ab" * 32


def test_the_newest_key_is_current_and_older_ones_are_named() -> None:
    assert key_findings({}) == []
    for keys, says in (
        (f"3:{KEY}", "version 3 is current"),
        (f"2:{KEY},1:{KEY}", "version 2 is current; 1 still known"),
    ):
        assert key_findings({"TAPWATT_FINGERPRINT_KEYS": keys}) == [Finding("fingerprint keys", True, says)]


def test_keys_that_cannot_be_used_say_why_and_are_not_shown() -> None:
    for keys in ("", f"1:{KEY[:-2]}", f"1:{KEY},1:{KEY}"):
        [found] = key_findings({"TAPWATT_FINGERPRINT_KEYS": keys})
        assert not found.good
        assert found.advice
        assert KEY[:8] not in found.found + found.advice
