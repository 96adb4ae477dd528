"""One demo for all these tests."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from tests.integration.demo.lived import Lived, live


@pytest.fixture(scope="session")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lived]:
    """A whole day on a whole ring, once for all tests."""
    folder = tmp_path_factory.mktemp("demo")
    yield live(folder)
    shutil.rmtree(folder, ignore_errors=True)
