"""Kafka's jars: fetched by a locked list, each checked, kept, taken from Maven's own store where it has them."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tapwatt_cli.dev.local import jars
from tapwatt_cli.dev.local.errors import LocalError
from tapwatt_cli.dev.local.maven import mirror

CONTENT = {"org/example/kafka_2.13/4.0.0/kafka_2.13-4.0.0.jar": b"broker", "org/example/a/1/a-1-linux.jar": b"native"}


class Shelf:
    """A Maven repository over HTTP, and what was asked of it."""

    def __init__(self) -> None:
        self.content = dict(CONTENT)
        self.asked: list[str] = []
        shelf = self

        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path = self.path.removeprefix("/maven/")
                shelf.asked.append(path)
                body = shelf.content.get(path)
                self.send_response(200 if body is not None else 404)
                self.send_header("Content-Length", str(len(body or b"")))
                self.end_headers()
                self.wfile.write(body or b"")

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        self.url = f"http://127.0.0.1:{self.server.server_port}/maven/"


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shelf]:
    """A repository with two jars, a lock that names them, and an empty home and cache."""
    lines = [
        "# a comment",
        f"org.example:kafka_2.13:4.0.0 {hashlib.sha256(b'broker').hexdigest()}",
        f"org.example:a:1:linux {hashlib.sha256(b'native').hexdigest()}",
    ]
    lock = tmp_path / "jars.lock"
    lock.write_text("\n".join(lines))
    monkeypatch.setattr(jars.locked, "__defaults__", (lock,))
    one = Shelf()
    monkeypatch.setenv("TAPWATT_MAVEN", one.url)
    monkeypatch.setenv("TAPWATT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    serving = threading.Thread(target=one.server.serve_forever, kwargs={"poll_interval": 0.01})
    serving.start()
    yield one
    one.server.shutdown()
    serving.join()
    one.server.server_close()


def test_jars_are_fetched_once_and_kept(shelf: Shelf) -> None:
    # given
    said: list[str] = []
    # when
    folder = jars.fetch(said.append)
    again = jars.fetch(said.append)
    # then
    assert sorted(one.name for one in folder.iterdir()) == ["a-1-linux.jar", "kafka_2.13-4.0.0.jar"]
    assert again == folder
    assert folder.name == "kafka-4.0.0"
    assert sorted(shelf.asked) == sorted(CONTENT)
    assert said[0] == "fetching Kafka 4.0.0: 2 jars"


def test_a_jar_that_rotted_is_fetched_again(shelf: Shelf) -> None:
    # given
    folder = jars.fetch()
    (folder / "a-1-linux.jar").write_bytes(b"half of i")
    # when
    jars.fetch()
    # then
    assert (folder / "a-1-linux.jar").read_bytes() == b"native"
    assert len(shelf.asked) == 3


def test_a_jar_with_another_checksum_is_never_kept(shelf: Shelf) -> None:
    # given
    shelf.content["org/example/a/1/a-1-linux.jar"] = b"evil"
    # when
    with pytest.raises(LocalError) as told:
        jars.fetch()
    # then
    assert "a-1-linux.jar could not be fetched from http://127.0.0.1" in str(told.value)
    assert "its checksum is not the locked one" in str(told.value)
    assert "TAPWATT_MAVEN" in str(told.value)
    assert not list(jars.cache_folder().rglob("a-1*"))


def test_a_jar_that_maven_has_already_is_not_fetched(shelf: Shelf, tmp_path: Path) -> None:
    # given one that is whole, and one that is not
    for path, content in zip(CONTENT, (b"broker", b"spoilt"), strict=True):
        stored = tmp_path / "home/.m2/repository" / path
        stored.parent.mkdir(parents=True)
        stored.write_bytes(content)
    # when
    jars.fetch()
    # then
    assert shelf.asked == ["org/example/a/1/a-1-linux.jar"]


def test_a_cache_that_cannot_be_written_is_one_sentence(
    shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given a file where the folder should be
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("TAPWATT_CACHE", str(tmp_path / "file"))
    # then
    with pytest.raises(LocalError, match=r"cannot be written .*set TAPWATT_CACHE to another folder"):
        jars.fetch()
    assert shelf.asked == []


def test_a_repository_that_is_no_address_is_refused(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAPWATT_MAVEN", "file:///etc")
    with pytest.raises(LocalError, match="set TAPWATT_MAVEN to one that starts with https://"):
        jars.fetch()
    assert shelf.asked == []


@pytest.mark.parametrize(
    ("of", "expected"),
    [("central", "https://mirror"), ("*", "https://mirror"), ("*,!central", ""), ("other", "")],
)
def test_mavens_own_mirror_is_used_where_it_stands_for_central(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, of: str, expected: str
) -> None:
    # given
    settings = tmp_path / ".m2" / "settings.xml"
    settings.parent.mkdir()
    entry = f"<mirror><id>m</id><mirrorOf>{of}</mirrorOf><url>https://mirror</url></mirror>"
    settings.write_text(
        f'<settings xmlns="http://maven.apache.org/SETTINGS/1.0.0"><mirrors>{entry}</mirrors></settings>'
    )
    monkeypatch.setenv("HOME", str(tmp_path))
    # then
    assert mirror() == expected


def test_the_lock_names_a_kafka_and_a_checksum_for_every_jar() -> None:
    locked = jars.locked()
    assert jars.kafka_version().startswith("4.")
    assert len({jar.file for jar in locked}) == len(locked) > 30
    assert all(len(jar.sha256) == 64 for jar in locked)
    assert any(jar.artifact == "log4j-slf4j-impl" for jar in locked)


def test_a_line_that_is_no_jar_is_told_by_its_number(tmp_path: Path) -> None:
    lock = tmp_path / "jars.lock"
    lock.write_text("# fine\norg.example:a:1\n")
    with pytest.raises(LocalError, match=r"jars\.lock line 2 is not"):
        jars.locked(lock)
