"""Logs for people and machines: one line an event, JSON where nobody is looking. Never a token, never a body."""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from typing import Any, NoReturn

import structlog

Log = structlog.typing.FilteringBoundLogger


def set_up(level: str = "INFO", *, as_json: bool | None = None) -> Log:
    """Set logging up once for a process. JSON unless standard error is a terminal."""
    machine = not sys.stderr.isatty() if as_json is None else as_json
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s %(message)s", stream=sys.stderr)
    renderer: Any = structlog.processors.JSONRenderer() if machine else structlog.dev.ConsoleRenderer()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    log: Log = structlog.get_logger()
    return log


def quiet() -> Log:
    """A log that says nothing, for tests and simulations."""
    log: Log = structlog.wrap_logger(
        structlog.ReturnLogger(), processors=[_drop], wrapper_class=structlog.make_filtering_bound_logger(0)
    )
    return log


def _drop(logger: object, name: str, event: MutableMapping[str, Any]) -> NoReturn:
    raise structlog.DropEvent
