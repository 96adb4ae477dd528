"""Standard output and error as a command needs them: a full disk is one sentence, and a reader who left is none.

Python's own raise an OSError in whatever was being said, which is a traceback, and once more when Python ends.
"""

from __future__ import annotations

import io
import os
import sys
from typing import TextIO

from tapwatt.errors import TapwattError
from tapwatt_cli.exit_codes import CannotBeDone, NobodyReads


class Stream(io.TextIOWrapper):
    """A standard stream. NobodyReads if it was closed on the other side, CannotBeDone if it takes no more.

    What its encoding has no character for is written as an escape.
    """

    def __init__(self, of: TextIO, called: str) -> None:
        super().__init__(
            of.buffer, encoding=of.encoding, errors="backslashreplace", line_buffering=of.isatty() or called != "output"
        )
        self._called = called
        self._of = of  # it would close what both write to, if it were forgotten

    def write(self, text: str) -> int:
        """So many characters are written, or will be."""
        try:
            return super().write(text)
        except OSError as error:
            raise self._failure(error) from None

    def flush(self) -> None:
        """Everything is written."""
        try:
            super().flush()
        except OSError as error:
            raise self._failure(error) from None

    def _failure(self, error: OSError) -> TapwattError:
        if isinstance(error, BrokenPipeError):
            return NobodyReads(f"nobody reads standard {self._called}")
        why = error.strerror or str(error)
        return CannotBeDone(f"standard {self._called} cannot be written: {why}: make room, or send it elsewhere")


def take() -> None:
    """Put our streams in place of Python's. A standard stream that was closed from the start is left closed."""
    if sys.stdout is not None:
        sys.stdout = Stream(sys.stdout, "output")
    if sys.stderr is not None:
        sys.stderr = Stream(sys.stderr, "error")


def finish() -> None:
    """Write what is still to be written to standard output; raises as it does."""
    if sys.stdout is not None:
        sys.stdout.flush()


def abandon() -> None:
    """Nothing more is written to standard output: Python would try what is left again as it ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)
