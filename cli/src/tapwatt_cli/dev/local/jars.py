"""Fetches Kafka's jars from Maven Central by a locked list, checks each by its SHA-256, and keeps them."""

from __future__ import annotations

import hashlib
import http.client
import os
import tempfile
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tapwatt_cli.dev.local.errors import LocalError
from tapwatt_cli.dev.local.maven import local_repository, mirror

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
    try:
        folder.mkdir(parents=True, exist_ok=True)
        missing = [jar for jar in jars if _whole(folder / jar.file, jar) is None]
        if missing:
            tell(f"fetching Kafka {kafka_version()}: {len(missing)} jars")
            base = _base()
            with ThreadPoolExecutor(_TOGETHER) as several:
                for done, jar in enumerate(several.map(lambda jar: _fetch_one(jar, folder, base), missing), 1):
                    tell(f"fetched {done} of {len(missing)}: {jar.file}")
    except OSError as error:
        raise LocalError(
            f"{folder} cannot be written ({error.strerror}): Kafka's jars are kept there; "
            "make room or give rights, or set TAPWATT_CACHE to another folder"
        ) from None
    return folder


def class_path(folder: Path) -> str:
    """The Java class path of exactly the locked jars."""
    return os.pathsep.join(str(folder / jar.file) for jar in locked())


def _base() -> str:
    """Where to fetch from: TAPWATT_MAVEN, else the mirror in Maven's own settings, else Maven Central."""
    base = (os.environ.get("TAPWATT_MAVEN") or mirror() or CENTRAL).rstrip("/")
    if not base.startswith(("https://", "http://")):
        raise LocalError(f"the Maven repository is {base!r}: set TAPWATT_MAVEN to one that starts with https://")
    return base


def _fetch_one(jar: Jar, folder: Path, base: str) -> Jar:
    content = _whole(local_repository() / jar.path, jar) or _download(jar, base)
    with tempfile.NamedTemporaryFile(dir=folder, prefix=jar.file, suffix=".half", delete=False) as half:
        half.write(content)
    Path(half.name).replace(folder / jar.file)
    return jar


def _download(jar: Jar, base: str) -> bytes:
    why = ""
    for _ in range(_TRIES):
        try:
            with urllib.request.urlopen(f"{base}/{jar.path}", timeout=_TIMEOUT_S) as answer:  # noqa: S310 - see _base
                content: bytes = answer.read()
        except (OSError, http.client.HTTPException) as error:
            why = str(getattr(error, "reason", error))
            continue
        if hashlib.sha256(content).hexdigest() == jar.sha256:
            return content
        why = "its checksum is not the locked one"
    raise LocalError(
        f"{jar.file} could not be fetched from {base} ({why}): look at the network, or set TAPWATT_MAVEN to a mirror"
    )


def _whole(path: Path, jar: Jar) -> bytes | None:
    """The content of the file if it is the locked jar."""
    try:
        content = path.read_bytes()
    except OSError:
        return None
    return content if hashlib.sha256(content).hexdigest() == jar.sha256 else None
