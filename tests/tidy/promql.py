"""Which metrics and labels a PromQL expression speaks of, and whether the catalogue has them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from tapwatt.metrics.of_a_worker import BUILD, OF_A_WORKER
from tapwatt.metrics.of_the_system import OF_THE_SYSTEM

ROOT = Path(__file__).parents[2]
RULES = ROOT / "deploy" / "prometheus" / "rules"
OF_TARGETS = frozenset({"job", "instance", "service"})
"""What a series has from whoever scrapes it (deploy/prometheus/prometheus.yml)."""

NOT_OURS: dict[str, frozenset[str]] = {
    "up": OF_TARGETS,
    "process_start_time_seconds": OF_TARGETS,
    "process_cpu_seconds_total": OF_TARGETS,
    "process_resident_memory_bytes": OF_TARGETS,
    "ALERTS": frozenset({"alertname", "alertstate", "severity", "area"}),
}
_SELECTOR = re.compile(r"(?<![\w:$])((?:tapwatt|up\b|process|ALERTS)[\w:]*)\s*(?:\{([^}]*)\})?")
_GROUPING = re.compile(r"\b(?:by|on|without|ignoring|group_left|group_right)\s*\(([^)]*)\)")
_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"')


def rules() -> list[dict[str, Any]]:
    """Every recording rule and alert that is deployed."""
    return [
        rule
        for path in sorted(RULES.glob("*.yaml"))
        for group in yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]
        for rule in group["rules"]
    ]


def catalogue() -> dict[str, frozenset[str]]:
    """Each series that there can be, with its labels."""
    found = dict(NOT_OURS)
    for metric in (*OF_A_WORKER, *OF_THE_SYSTEM):
        labels = frozenset(metric.labels) | OF_TARGETS
        if metric.kind == "histogram":
            found |= {f"{metric.name}_count": labels, f"{metric.name}_sum": labels}
            found[f"{metric.name}_bucket"] = labels | {"le"}
        else:
            found[metric.name] = labels | ({"version", "python"} if metric is BUILD else set())
    every = frozenset().union(*found.values()) | {"slo"}
    return found | {rule["record"]: every for rule in rules() if "record" in rule}


def selected(expression: str) -> Iterator[tuple[str, set[str]]]:
    """Each metric of an expression, with the labels that it is chosen by."""
    for name, matchers in _SELECTOR.findall(_TEXT.sub('""', expression)):
        yield name, set(re.findall(r"(\w+)\s*[=!]", matchers))


def mistakes(expression: str, known: dict[str, frozenset[str]]) -> list[str]:
    """What an expression speaks of that there is not."""
    found = []
    every: set[str] = set().union(*known.values())
    for name, labels in selected(expression):
        if name not in known:
            found.append(f"there is no {name}")
        elif labels - known[name]:
            found.append(f"{name} has no {', '.join(sorted(labels - known[name]))}")
    for names in _GROUPING.findall(expression):
        unknown = {name for name in re.findall(r"\w+", names) if not name.startswith("__")} - every
        found += [f"nothing has the label {name}" for name in sorted(unknown)]
    return found
