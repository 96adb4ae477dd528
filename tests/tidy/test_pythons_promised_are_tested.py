"""The Pythons that are promised are those that are set up and tested: every place names the same ones."""

import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from tapwatt_cli.ops.findings import NEWEST_PYTHON, OLDEST_PYTHON

ROOT = Path(__file__).parents[2]
PROJECTS = sorted(path for path in ROOT.glob("**/pyproject.toml") if path.parent != ROOT and ".venv" not in path.parts)
PYTHONS = [f"3.{minor}" for minor in range(OLDEST_PYTHON[1], NEWEST_PYTHON[1] + 1)]
OLDEST = PYTHONS[0]


def said(pattern: str, file: str) -> list[str]:
    """The Pythons that one sentence or list in a file names."""
    [found] = re.findall(pattern, (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE)
    return re.findall(r"3\.\d+", found)


@pytest.mark.parametrize(
    ("file", "pattern"),
    [
        ("README.md", r"^You need Python (.*?) with pip"),
        ("CONTRIBUTING.md", r"^Python (3.*?), pip, make, git\."),
        ("scripts/setup.sh", r'^pythons="(.*?)"'),
    ],
)
def test_a_document_and_the_set_up_name_each_of_them(file: str, pattern: str) -> None:
    assert said(pattern, file) == PYTHONS


def test_the_set_up_looks_for_the_newest_first() -> None:
    assert said(r"^  for other in python3 (.*); do$", "scripts/setup.sh") == PYTHONS[::-1]


def test_ci_runs_everything_on_the_oldest_and_looks_for_the_newest_first() -> None:
    assert said(r"^oldest=(.*)$", ".ci/run") + said(r'^newer="(.*)"$', ".ci/run")[::-1] == PYTHONS


@pytest.mark.parametrize("project", PROJECTS, ids=lambda path: path.parent.name)
def test_a_distribution_promises_them_and_no_other(project: Path) -> None:
    requires = tomllib.loads(project.read_text(encoding="utf-8"))["project"]["requires-python"]
    assert requires == f">={OLDEST},<3.{NEWEST_PYTHON[1] + 1}"


def test_code_is_written_checked_and_locked_for_the_oldest() -> None:
    tools = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
    assert tools["ruff"]["target-version"] == f"py{OLDEST.replace('.', '')}"
    assert tools["mypy"]["python_version"] == OLDEST
    assert said(r"--python-version (\S+)", "Makefile") == [OLDEST]


@pytest.mark.parametrize("version", ["3.10", f"3.{NEWEST_PYTHON[1] + 1}"])
def test_another_python_is_refused_by_the_set_up_in_one_sentence(version: str, tmp_path: Path) -> None:
    # given a Python that nobody has tested
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\necho {version}\n")
    python.chmod(0o755)
    # when the set-up is asked to take it
    command, env = ["bash", "scripts/setup.sh"], {**os.environ, "PYTHON": str(python)}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=30, check=False)
    # then it says which ones can be, and which this is
    assert (done.returncode, done.stdout) == (1, "")
    [sentence] = done.stderr.splitlines()
    assert sentence.startswith(
        f"tapwatt: Python {', '.join(PYTHONS)} can run this and '{python}' is {version}; install"
    )
