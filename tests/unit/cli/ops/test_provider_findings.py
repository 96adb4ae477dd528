"""The doctor asks the provider that its environment names, by a question that changes nothing."""

from __future__ import annotations

import pytest

from tapwatt.clock import SystemClock
from tapwatt_cli.ops.findings import Finding
from tapwatt_cli.ops.provider_findings import provider_findings
from tapwatt_cli.ops.service_parts import PROVIDER

SETTINGS = {
    PROVIDER: "http://127.0.0.1:1/api/v1",
    "TAPWATT_PROVIDER_API_KEY": "t_secret",
    "TAPWATT_PROVIDER_CONNECT_S": "0.2",
    "TAPWATT_FINGERPRINT_KEYS": f"1:{'ab' * 32}",
}


async def test_where_no_provider_is_named_none_is_asked() -> None:
    assert await provider_findings({}, SystemClock()) == [
        Finding("provider", True, "not asked: TAPWATT_PROVIDER_BASE_URL says where it is")
    ]


@pytest.mark.parametrize(
    ("changed", "says"),
    [({}, "127.0.0.1:1"), ({"TAPWATT_PROVIDER_API_KEY": "secret"}, "begins with l_ (live) or t_ (test)")],
)
async def test_what_is_away_or_set_wrong_is_one_sentence_without_the_key(
    changed: dict[str, str], says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = SETTINGS | changed
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    [found] = await provider_findings(given, SystemClock())
    assert (found.good, says in found.found, "secret" in found.found) == (False, True, False), found
