"""The `tapwatt` command: whatever ends it, it ends with one sentence on standard error and an exit code that says why.

Nothing of ours is imported here, so that Ctrl-C is heard while the rest is loaded.
"""

from __future__ import annotations

import os
import signal
import sys
from types import FrameType


def main() -> None:
    """Run the command that was typed."""
    # A shell that starts us in the background has SIGINT ignored: that is left as it is.
    interruptible = signal.getsignal(signal.SIGINT) is not signal.SIG_IGN
    if interruptible:
        signal.signal(signal.SIGINT, _end_at_once)
    from tapwatt_cli.app import app
    from tapwatt_cli.invocation import invoke

    code = invoke(app, signal.default_int_handler if interruptible else None)
    if interruptible:
        signal.signal(signal.SIGINT, _end_at_once)
    sys.exit(code)


def _end_at_once(_signal: int, _frame: FrameType | None) -> None:
    """While nothing is begun, or all is done: there is nothing to stop, and an import is no place for an exception."""
    os.write(2, b"tapwatt: interrupted\n")
    os._exit(130)


if __name__ == "__main__":
    main()
