"""Asks other price engines for the price of a case; each of them stays where it is and is only run."""

from __future__ import annotations

import importlib
import os
import re
import subprocess
import sys
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol

from lab.differential.cases import Answer, Case, Priced, Refused

LONGEST_S = 20
"""Seconds for one case; a peer that needs longer has not answered."""

_ROW = re.compile(r"^\| Total Cost \((Excl|Incl)\.\)\s*\|\s*\D*?([0-9.]+)\s*\|", re.MULTILINE)


class NoPeer(Exception):
    """What was given on the command line is not the price engine that it should be."""


class Peer(Protocol):
    """Another price engine."""

    @property
    def name(self) -> str:
        """A short name, by which its rules are found."""

    @property
    def version(self) -> str:
        """What was run."""

    def price(self, case: Case) -> Answer:
        """What it says that the case costs, in major units."""


class RustPeer:
    """The program `ocpi-tariffs` of the crate `ocpi-tariffs-cli`: one process a case, its table read from stdout."""

    name = "rust"

    def __init__(self, binary: Path) -> None:
        self._binary = str(binary.resolve())
        try:
            answer = subprocess.run(
                [self._binary, "--version"], check=False, capture_output=True, text=True, timeout=LONGEST_S
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise NoPeer(f"{binary} cannot be run as the crate's program: {error}") from error
        if answer.returncode or not answer.stdout.startswith("ocpi-tariffs"):
            raise NoPeer(f"{binary} is not the program ocpi-tariffs of the crate ocpi-tariffs-cli")
        self.version = answer.stdout.strip()

    def price(self, case: Case) -> Answer:
        """What it says that the case costs: it prints four decimals."""
        command = [self._binary, "price", "--ocpi-version", "v221", "--timezone", case.zone]
        environment = {**os.environ, "NO_COLOR": "1"}
        try:
            answer = subprocess.run(
                command,
                check=False,
                input=case.text(),
                capture_output=True,
                text=True,
                timeout=LONGEST_S,
                env=environment,
            )
        except subprocess.TimeoutExpired:
            return Refused(f"no answer within {LONGEST_S} s")
        found = dict(_ROW.findall(answer.stdout))
        if answer.returncode or len(found) < 2:
            return Refused((answer.stderr.strip().splitlines() or ["no table"])[-1])
        return Priced(Fraction(found["Excl"]), Fraction(found["Incl"]))


class PythonPeer:
    """The Python package `ocpi_tariffs` from a folder with its sources: called in this process."""

    name = "python"

    def __init__(self, folder: Path) -> None:
        source = folder / "src" if (folder / "src").is_dir() else folder
        sys.path.insert(0, str(source.resolve()))
        try:
            models = importlib.import_module("ocpi_tariffs.v2_2_1.models")
            calculator = importlib.import_module("ocpi_tariffs.v2_2_1.tariff_calculator")
        except ImportError as error:
            raise NoPeer(f"{folder} holds no package ocpi_tariffs with an engine in it: {error}") from error
        finally:
            sys.path.pop(0)
        if not Path(str(models.__file__)).is_relative_to(source.resolve()):
            raise NoPeer(f"an installed ocpi_tariffs hides the one in {folder}")
        self._cdr: Any = models.Cdr
        self._cost: Any = calculator.calculate_cdr_cost
        self.version = f"ocpi-tariffs-py {_version(folder)}"

    def price(self, case: Case) -> Answer:
        """What it says that the case costs: it rounds to four decimals."""
        try:
            found = self._cost(self._cdr.model_validate_json(case.text()))
        except (ValueError, ArithmeticError, LookupError, TypeError) as error:
            return Refused(f"{type(error).__name__}: {error}".splitlines()[0])
        return Priced(Fraction(Decimal(found.excl_vat)), Fraction(Decimal(found.incl_vat)))


def _version(folder: Path) -> str:
    project = folder / "pyproject.toml"
    said = (
        re.search(r'^version = "(.+)"', project.read_text(encoding="utf-8"), re.MULTILINE) if project.exists() else None
    )
    return said.group(1) if said else "of no stated version"
