"""What an operator's host has of Tapwatt: what the command brings, and nothing else that is here."""

from __future__ import annotations

import re
from importlib.metadata import packages_distributions, requires

from packaging.requirements import Requirement

OURS = {"tapwatt-simulator", "tapwatt-authoriser", "tapwatt-token-matcher", "tapwatt-tariff", "tapwatt-capturer"}

HIDES = """
import importlib.util, runpy, sys
hidden = set(sys.argv.pop(1).split(","))
class Hidden:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in hidden:
            raise ModuleNotFoundError(name, name=name)
sys.meta_path.insert(0, Hidden())
find_spec = importlib.util.find_spec
importlib.util.find_spec = lambda name: None if name in hidden else find_spec(name)
sys.argv[0] = "tapwatt"
runpy.run_module("tapwatt_cli", run_name="__main__")
"""
"""Runs the command where some modules are not to be had."""


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def brought(name: str, extra: str = "") -> set[str]:
    """The distribution and all that it requires here, without extras but those asked for."""
    found: set[tuple[str, str]] = set()
    waiting = [(canonical(name), extra)]
    while waiting:
        one = waiting.pop()
        if one in found:
            continue
        found.add(one)
        for requirement in map(Requirement, requires(one[0]) or ()):
            if requirement.marker is None or requirement.marker.evaluate({"extra": one[1]}):
                waiting += [(canonical(requirement.name), more) for more in requirement.extras or {""}]
    return {distribution for distribution, _ in found}


def not_brought(name: str) -> set[str]:
    """The modules that are here and that the distribution does not bring."""
    there = brought(name)
    names = {
        module
        for module, distributions in packages_distributions().items()
        if not {canonical(one) for one in distributions} & there
    }
    return names | {"simulator", "authoriser", "token_matcher", "tariff", "capturer"}
