"""The exporter as a process: `python -m tapwatt_watch`, or `tapwatt-exporter`."""

from __future__ import annotations

from typing import NoReturn

from tapwatt.wiring.process import run_process
from tapwatt_watch.exporter.process import COUNTED, NAME, export


def main() -> NoReturn:
    """Run it until SIGTERM or SIGINT."""
    run_process(NAME, COUNTED, export)


if __name__ == "__main__":
    main()
