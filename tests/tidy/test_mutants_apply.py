"""Every mutant still breaks the tree as it is, and the tests that should notice it are there."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from tests.mutants.patches import ROOT, Mutant, applied, mutants

MUTANTS = mutants()


def test_there_are_enough_of_them() -> None:
    assert len(MUTANTS) >= 60
    assert len({one.safeguard for one in MUTANTS}) == len(MUTANTS), "each breaks another safeguard"


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda one: one.name)
def test_a_mutant_applies_and_names_tests_that_are_there(mutant: Mutant) -> None:
    checked = applied(mutant, ROOT, "--check")
    assert checked.returncode == 0, f"{checked.stderr}: make the patch anew, or remove it with its safeguard"
    chosen = [word for word in shlex.split(" ".join(mutant.tests)) if word.startswith("tests/")]
    assert chosen
    for path in chosen:
        assert (ROOT / Path(path.partition("::")[0])).exists(), path
