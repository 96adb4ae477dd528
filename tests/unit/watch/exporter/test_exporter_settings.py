"""Settings of the exporter: what can be read, and the sentence for what cannot."""

from datetime import UTC, datetime

import pytest

from tapwatt.errors import BadSettings
from tapwatt.settings import read_settings
from tapwatt_watch.exporter.settings import ExporterSettings, endpoints_of, expiries_of


def test_endpoints_and_expiries_are_lists() -> None:
    assert endpoints_of(" a.example:443, [::1]:9093 ,a.example:443,") == ["a.example:443", "[::1]:9093"]
    assert expiries_of("provider=2027-03-31, redis=2027-01-01T12:00:00+01:00") == {
        "provider": datetime(2027, 3, 31, tzinfo=UTC),
        "redis": datetime(2027, 1, 1, 11, tzinfo=UTC),
    }


@pytest.mark.parametrize("text", ["a.example", ":443", "a.example:0", "a.example:https", "a.example:70000"])
def test_an_endpoint_without_its_port_is_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAPWATT_EXPORTER_ENDPOINTS", text)
    with pytest.raises(BadSettings, match=r"TAPWATT_EXPORTER_ENDPOINTS cannot be used: an endpoint is written as"):
        read_settings(ExporterSettings)


@pytest.mark.parametrize("text", ["provider", "=2027-03-31", "provider=soon", "provider=31/03/2027"])
def test_an_expiry_that_is_no_date_is_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAPWATT_EXPORTER_KEY_EXPIRIES", text)
    with pytest.raises(BadSettings, match=r"written as name=2027-03-31"):
        read_settings(ExporterSettings)
