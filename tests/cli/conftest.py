"""What the tests of every command share: the process that starts them, and the files they are given."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cli.command import Forks
from tests.cli.tried import Given, given_files


@pytest.fixture(scope="session")
def forks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forks]:
    """Starts commands, from one process for the whole run."""
    server = Forks(tmp_path_factory.mktemp("said"))
    yield server
    server.close()


@pytest.fixture(scope="session")
def given(tmp_path_factory: pytest.TempPathFactory) -> Given:
    """Files and addresses that a command is tried with."""
    return given_files(Path(tmp_path_factory.mktemp("given")))
