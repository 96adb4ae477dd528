"""Dashboards are what the code writes, and ask for metrics and labels that there are."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from scripts.dashboards.every import DASHBOARDS
from scripts.dashboards.panels import Panel
from tests.tidy.promql import catalogue, mistakes, selected

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy" / "dashboards"
PANELS = [(dashboard, panel) for dashboard in DASHBOARDS for panel in dashboard.panels]
NAMES = [f"{dashboard.name}: {panel.title}" for dashboard, panel in PANELS]
MOST_PANELS = 30
"""Of one dashboard: it is looked at by somebody who was asleep."""


def test_the_json_is_what_the_code_writes() -> None:
    command = [sys.executable, "-m", "scripts.dashboards", "--check"]
    check = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert check.returncode == 0, check.stderr


def test_there_are_six_dashboards_each_with_an_id_and_every_panel_in_it() -> None:
    assert [dashboard.name for dashboard in DASHBOARDS] == ["money", "ring", "provider", "sites", "service", "log"]
    for dashboard in DASHBOARDS:
        written = json.loads((FOLDER / f"{dashboard.name}.json").read_text(encoding="utf-8"))
        assert written["uid"] == f"tapwatt-{dashboard.name}"
        shown = [panel for panel in written["panels"] if panel["type"] != "row"]
        assert [panel["title"] for panel in shown] == [panel.title for panel in dashboard.panels]
        asked = [[target["expr"] for target in panel["targets"]] for panel in shown]
        assert asked == [[query.expr for query in panel.queries] for panel in dashboard.panels]
        assert len(shown) <= MOST_PANELS
        assert all(panel["description"].endswith((".", "?")) for panel in shown)


@pytest.mark.parametrize("panel", [panel for _, panel in PANELS], ids=NAMES)
def test_a_panel_asks_for_metrics_and_labels_that_there_are(panel: Panel) -> None:
    for query in panel.queries:
        expression = query.expr.replace("$__rate_interval", "1m").replace("$service", "capturer")
        assert list(selected(expression))
        assert mistakes(expression, catalogue()) == []
        grouped = {name for names in re.findall(r"by \(([^)]*)\)", query.expr) for name in re.findall(r"\w+", names)}
        named = set(re.findall(r"\{\{(\w+)\}\}", query.legend))
        assert named <= grouped | {"slo", "service"}, "a legend with a hole"
