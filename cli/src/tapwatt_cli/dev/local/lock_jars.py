"""Makes jars.lock anew, for maintainers: `python -m tapwatt_cli.dev.local.lock_jars 4.4.0 2.25.1` (needs Maven)."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
from pathlib import Path

from tapwatt_cli.dev.local.jars import LOCK

_POM = """<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>tapwatt</groupId><artifactId>kafka</artifactId><version>1</version><dependencies>
<dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>{kafka}</version></dependency>
<dependency><groupId>org.apache.logging.log4j</groupId><artifactId>log4j-slf4j-impl</artifactId>
<version>{log4j}</version></dependency></dependencies></project>
"""
_HEAD = """# Apache Kafka and what it runs with: group:artifact:version[:classifier] and the SHA-256 of its jar.
# Made by: python -m tapwatt_cli.dev.local.lock_jars
"""


def main(kafka: str, log4j: str) -> None:
    """Resolve Kafka with its run-time dependencies and a log binding (without one it logs nothing), and lock them."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "pom.xml").write_text(_POM.format(kafka=kafka, log4j=log4j))
        copy = ["dependency:copy-dependencies", "-DincludeScope=runtime", "-Dmdep.useRepositoryLayout=true"]
        subprocess.run(["mvn", "-q", "-B", *copy, "-DoutputDirectory=libs"], cwd=folder, check=True)
        LOCK.write_text(
            _HEAD + "".join(sorted(_line(jar, folder / "libs") for jar in (folder / "libs").rglob("*.jar")))
        )


def _line(jar: Path, libs: Path) -> str:
    *group, artifact, version, file = jar.relative_to(libs).parts
    classifier = file.removesuffix(".jar").removeprefix(f"{artifact}-{version}").removeprefix("-")
    coordinates = ":".join([".".join(group), artifact, version, *([classifier] if classifier else [])])
    return f"{coordinates} {hashlib.sha256(jar.read_bytes()).hexdigest()}\n"


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: python -m tapwatt_cli.dev.local.lock_jars KAFKA_VERSION LOG4J_VERSION")
    main(sys.argv[1], sys.argv[2])
