"""Writes Grafana's dashboards into deploy/dashboards from the code.

python -m scripts.dashboards            # write them
python -m scripts.dashboards --check    # exit 1 if they are not what the code says
"""

from __future__ import annotations

import sys
from pathlib import Path

from scripts.dashboards.every import DASHBOARDS
from scripts.dashboards.grafana import as_json

FOLDER = Path(__file__).parents[2] / "deploy" / "dashboards"


def main() -> int:
    """Write or check; the exit code."""
    made = {FOLDER / f"{dashboard.name}.json": as_json(dashboard) for dashboard in DASHBOARDS}
    if "--check" not in sys.argv:
        for path, text in made.items():
            path.write_text(text, encoding="utf-8")
        return 0
    there = {path: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.json")}
    if there == made:
        return 0
    print("deploy/dashboards is not what the code says: run 'make dashboards' and commit it", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
