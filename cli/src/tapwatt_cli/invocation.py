"""Runs what was typed, and says what ended it: one sentence, and an exit code that means one thing."""

from __future__ import annotations

import logging
import signal
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from types import FrameType

import typer

from tapwatt.errors import TapwattError
from tapwatt_cli import standard_streams
from tapwatt_cli.exit_codes import CANNOT, DIFFERS, DONE, INTERRUPTED, NobodyReads, exit_code_of


def invoke(app: typer.Typer, on_interrupt: Callable[[int, FrameType | None], object] | None = None) -> int:
    """The exit code of the command that was typed. Its output is written, or was said not to be.

    `on_interrupt` is how Ctrl-C is heard from now on, if it is.
    """
    # What aiokafka retries is not for people; what fails is said by us.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    standard_streams.take()
    try:
        if on_interrupt is not None:
            signal.signal(signal.SIGINT, on_interrupt)
        code = _typed(app)
        standard_streams.finish()
    except KeyboardInterrupt:
        return _ended(INTERRUPTED, "interrupted; what it had started is stopped")
    except TapwattError as error:
        return _ended(exit_code_of(error), "" if isinstance(error, NobodyReads) else str(error))
    except Exception:  # noqa: BLE001 - whatever it is, it is our fault, and not what exit code 1 says
        with suppress(TapwattError):
            traceback.print_exc()
        return _ended(CANNOT, "this is a fault of tapwatt's own: please report it with the lines above")
    return code


def _typed(app: typer.Typer) -> int:
    """Its exit code, as typer says it. KeyboardInterrupt also where Ctrl-C answered a question."""
    try:
        app(prog_name="tapwatt")
    except SystemExit as end:
        if _came_of_ctrl_c(end):
            raise KeyboardInterrupt from None
        return end.code if isinstance(end.code, int) else DONE if end.code is None else DIFFERS
    return DONE


def _came_of_ctrl_c(end: BaseException) -> bool:
    before = end.__context__
    return before is not None and (isinstance(before, KeyboardInterrupt) or _came_of_ctrl_c(before))


def _ended(code: int, sentence: str) -> int:
    with suppress(TapwattError):
        if sentence and sys.stderr is not None:
            sys.stderr.write(f"tapwatt: {sentence}\n")
            sys.stderr.flush()
    with suppress(TapwattError):
        standard_streams.finish()
        return code
    standard_streams.abandon()
    return code
