"""A wrong setting of the provider is one clear sentence at start, without the secret that is wrong."""

from __future__ import annotations

import pytest

from tapwatt.errors import BadSettings
from tapwatt.provider.settings import ProviderSettings, provider_settings

KEY = "ab" * 32
GOOD = {
    "TAPWATT_PROVIDER_BASE_URL": "https://api.psp.sandbox.ccv.eu/api/v1/",
    "TAPWATT_PROVIDER_API_KEY": "t_key",
    "TAPWATT_FINGERPRINT_KEYS": f"1:{KEY},12:{'cd' * 40}",
}


def load(monkeypatch: pytest.MonkeyPatch, **changes: str | None) -> ProviderSettings:
    for name in GOOD:
        monkeypatch.delenv(name, raising=False)
    for name, value in {**GOOD, **changes}.items():
        if value is not None:
            monkeypatch.setenv(name, value)
    return provider_settings(_env_file=None)


def test_the_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(monkeypatch, TAPWATT_PROVIDER_ANSWER_S="7", TAPWATT_PROVIDER_RELEASE_REST="true")
    assert settings.base_url == "https://api.psp.sandbox.ccv.eu/api/v1"
    assert (settings.answer_s, settings.release_rest, settings.live) == (7.0, True, False)
    assert settings.keys() == {1: b"\xab" * 32, 12: b"\xcd" * 40}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"TAPWATT_PROVIDER_BASE_URL": None}, "TAPWATT_PROVIDER_BASE_URL is not set"),
        ({"TAPWATT_PROVIDER_API_KEY": None}, "TAPWATT_PROVIDER_API_KEY is not set"),
        ({"TAPWATT_FINGERPRINT_KEYS": None}, "TAPWATT_FINGERPRINT_KEYS is not set"),
        ({"TAPWATT_PROVIDER_BASE_URL": "api.psp.ccv.eu"}, "TAPWATT_PROVIDER_BASE_URL cannot be used"),
        ({"TAPWATT_PROVIDER_BASE_URL": "ftp://api.psp.ccv.eu"}, "TAPWATT_PROVIDER_BASE_URL cannot be used"),
        ({"TAPWATT_PROVIDER_BASE_URL": "https://me@api.psp.ccv.eu"}, "TAPWATT_PROVIDER_BASE_URL cannot be used"),
        ({"TAPWATT_PROVIDER_API_KEY": "secret-x"}, "a key of the provider begins with l_"),
        ({"TAPWATT_PROVIDER_API_KEY": "t_secret:x"}, "a key of the provider begins with l_"),
        ({"TAPWATT_FINGERPRINT_KEYS": KEY}, "write the keys as 1:hex"),
        ({"TAPWATT_FINGERPRINT_KEYS": f"0:{KEY}"}, "write the keys as 1:hex"),
        ({"TAPWATT_FINGERPRINT_KEYS": "1:abab"}, "key 1 is not 32 bytes or more"),
        ({"TAPWATT_FINGERPRINT_KEYS": "1:" + "secret-x" * 8}, "key 1 is not 32 bytes or more"),
        ({"TAPWATT_FINGERPRINT_KEYS": f"1:{KEY},1:{KEY}"}, "key 1 is given twice"),
        ({"TAPWATT_FINGERPRINT_KEYS": ",".join(f"{n}:{KEY}" for n in range(1, 10))}, "at most 8 keys"),
        ({"TAPWATT_PROVIDER_ANSWER_S": "soon"}, "TAPWATT_PROVIDER_ANSWER_S cannot be used"),
        ({"TAPWATT_PROVIDER_CONNECT_S": "0"}, "TAPWATT_PROVIDER_CONNECT_S cannot be used"),
        ({"TAPWATT_PROVIDER_CANCEL_ORIGINS": "evil"}, "TAPWATT_PROVIDER_CANCEL_ORIGINS cannot be used"),
        ({"TAPWATT_PROVIDER_API_KEY": "l_secret-x", "TAPWATT_PROVIDER_BASE_URL": "http://x"}, "over https only"),
        ({"TAPWATT_PROVIDER_API_KEY": "l_secret-x", "TAPWATT_PROVIDER_TEST_TOKENS": "true"}, "is for test keys"),
    ],
)
def test_a_wrong_setting_is_one_sentence_that_names_it(
    monkeypatch: pytest.MonkeyPatch, changes: dict[str, str | None], sentence: str
) -> None:
    with pytest.raises(BadSettings, match=sentence) as raised:
        load(monkeypatch, **changes)
    assert "\n" not in str(raised.value)
    assert "secret-x" not in str(raised.value)
    assert KEY not in str(raised.value)
    assert raised.value.__context__ is None


def test_secrets_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(monkeypatch, TAPWATT_PROVIDER_API_KEY="t_secret-x")
    assert "secret-x" not in repr(settings) + str(settings) + settings.model_dump_json()
    assert KEY not in repr(settings) + settings.model_dump_json()
