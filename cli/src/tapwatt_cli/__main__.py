"""The `tapwatt` command: what is wrong is said in one sentence, on standard error, with exit code 1."""

from __future__ import annotations

import logging
import sys

from tapwatt.errors import TapwattError
from tapwatt_cli.app import app


def main() -> None:
    """Run the command that was typed."""
    logging.getLogger("aiokafka").setLevel(
        logging.CRITICAL
    )  # what it retries is not for people; what fails is said by us
    try:
        app()
    except TapwattError as error:
        sys.stderr.write(f"tapwatt: {error}\n")
        sys.exit(1)


if __name__ == "__main__":
    main()
