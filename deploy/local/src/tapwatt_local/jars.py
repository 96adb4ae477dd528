"""Fetches Kafka's jars from Maven Central by a locked list, checks each by its SHA-256, and keeps them."""

from __future__ import annotations

import hashlib
import os
import urllib.error
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tapwatt_local.errors import LocalError

CENTRAL = "https://repo1.maven.org/maven2"
LOCK = Path(__file__).with_name("jars.lock")
_TOGETHER = 8
_TIMEOUT_S = 60
_TRIES = 3


@dataclass(frozen=True, slots=True)
class Jar:
    """A jar by its coordinates and checksum."""

    group: str
    artifact: str
    version: str
    classifier: str
    sha256: str

    @property
    def file(self) -> str:
        """Its file name, as Maven has it."""
        tail = f"-{self.classifier}" if self.classifier else ""
        return f"{self.artifact}-{self.version}{tail}.jar"

    @property
    def path(self) -> str:
        """Where it stands in a Maven repository."""
        return f"{self.group.replace('.', '/')}/{self.artifact}/{self.version}/{self.file}"


def locked(lock: Path = LOCK) -> list[Jar]:
    """The jars of the lock file. LocalError names a line that is not one."""
    jars = []
    for number, line in enumerate(lock.read_text().splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        try:
            coordinates, sha256 = line.split()
            group, artifact, version, *classifier = coordinates.split(":")
        except ValueError:
            raise LocalError(f"{lock.name} line {number} is not 'group:artifact:version sha256'") from None
        jars.append(Jar(group, artifact, version, classifier[0] if classifier else "", sha256))
    return jars


def kafka_version() -> str:
    """The locked version of Kafka."""
    return next(jar.version for jar in locked() if jar.artifact.startswith("kafka_"))


def cache_folder() -> Path:
    """Where jars are kept: TAPWATT_CACHE, else the user's cache folder."""
    if own := os.environ.get("TAPWATT_CACHE"):
        return Path(own)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "tapwatt"


def fetch(tell: Callable[[str], None] = lambda text: None) -> Path:
    """The folder with all locked jars, fetched where they are not there or not whole. Safe to call twice at once."""
    jars = locked()
    folder = cache_folder() / f"kafka-{kafka_version()}"
    folder.mkdir(parents=True, exist_ok=True)
    missing = [jar for jar in jars if not _whole(folder / jar.file, jar)]
    if missing:
        tell(f"fetching Kafka {kafka_version()}: {len(missing)} jars")
        with ThreadPoolExecutor(_TOGETHER) as several:
            for done, jar in enumerate(several.map(lambda jar: _fetch_one(jar, folder), missing), 1):
                tell(f"fetched {done} of {len(missing)}: {jar.file}")
    return folder


def class_path(folder: Path) -> str:
    """The Java class path of exactly the locked jars."""
    return os.pathsep.join(str(folder / jar.file) for jar in locked())


def _fetch_one(jar: Jar, folder: Path) -> Jar:
    base = os.environ.get("TAPWATT_MAVEN", CENTRAL).rstrip("/")
    url = f"{base}/{jar.path}"
    if not url.startswith(("https://", "http://")):
        raise LocalError(f"TAPWATT_MAVEN is {base!r}; it must be the address of a Maven repository")
    why = ""
    for _ in range(_TRIES):
        try:
            with urllib.request.urlopen(url, timeout=_TIMEOUT_S) as answer:  # noqa: S310 - http or https, see above
                content = answer.read()
        except (urllib.error.URLError, OSError) as error:
            why = str(getattr(error, "reason", error))
            continue
        if hashlib.sha256(content).hexdigest() == jar.sha256:
            _put(folder / jar.file, content)
            return jar
        why = "its checksum is not the locked one"
    raise LocalError(
        f"{jar.file} could not be fetched from {base} ({why}): look at the network, or set TAPWATT_MAVEN to a mirror"
    )


def _put(path: Path, content: bytes) -> None:
    half = path.with_suffix(f".{os.getpid()}.half")
    half.write_bytes(content)
    half.replace(path)


def _whole(path: Path, jar: Jar) -> bool:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest() == jar.sha256
    except OSError:
        return False
