"""Logs for people and machines: one line an event, JSON where nobody is looking. Never a token, never a body.

Every line has its time (UTC), level, event (a constant sentence) and service; lines of a handling have the session, the
event's id and its trace as well. What libraries log comes out likewise.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from types import TracebackType
from typing import Any, NoReturn

import structlog

from tapwatt.at_work import at_work
from tapwatt.log_sampling import Sampling

Log = structlog.typing.FilteringBoundLogger
Line = MutableMapping[str, Any]

LAST_WORDS = "cannot go on"
"""The event of the last line of a process that ends with an error."""


def set_up(
    level: str = "INFO", *, service: str = "", as_json: bool | None = None, sampling: Sampling | None = None
) -> Log:
    """Set logging up once for a process. JSON unless standard error is a terminal."""
    machine = not sys.stderr.isatty() if as_json is None else as_json
    shared = [
        structlog.contextvars.merge_contextvars,
        _named(service),
        _of_what_is_at_work,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: Any = structlog.processors.JSONRenderer() if machine else structlog.dev.ConsoleRenderer()
    last = [structlog.processors.format_exc_info, renderer] if machine else [renderer]
    structlog.configure(
        processors=[*([_sampled(sampling)] if sampling else []), *shared, *last],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    _libraries(shared, last, sampling)
    log: Log = structlog.get_logger()
    if machine:
        sys.excepthook = _last_words(log)
    return log


def quiet() -> Log:
    """A log that says nothing, for tests and simulations."""
    log: Log = structlog.wrap_logger(
        structlog.ReturnLogger(), processors=[_drop], wrapper_class=structlog.make_filtering_bound_logger(0)
    )
    return log


def say_what_was_left_out(log: Log, sampling: Sampling) -> None:
    """One line for each kind of line that was left out as a repeat since this was last done."""
    for one in sampling.left_out():
        log.warning("repeats were left out", lines=one.lines, of=one.what, why=one.why, at=one.level)


def _libraries(shared: list[Any], last: list[Any], sampling: Sampling | None) -> None:
    """What libraries log, warnings included, goes the same way; from them only what is at least a warning."""
    handler = logging.StreamHandler(sys.stderr)
    named = structlog.stdlib.add_logger_name
    remove = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=[*shared, named], processors=[remove, *last])
    )
    if sampling is not None:
        handler.addFilter(
            lambda record: sampling.writes(record.levelname.lower(), f"{record.name}: {record.getMessage()}")
        )
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.captureWarnings(True)


def _named(service: str) -> Any:
    def processor(logger: object, name: str, line: Line) -> Line:
        if service:
            line.setdefault("service", service)
        return line

    return processor


def _of_what_is_at_work(logger: object, name: str, line: Line) -> Line:
    one = at_work()
    if one is not None:
        for note, value in one.notes.items():
            line.setdefault(note, value)
    return line


def _sampled(sampling: Sampling) -> Any:
    def processor(logger: object, name: str, line: Line) -> Line:
        if line["event"] != "repeats were left out" and not sampling.writes(
            name, str(line["event"]), str(line.get("reason", ""))
        ):
            raise structlog.DropEvent
        return line

    return processor


def _last_words(log: Log) -> Any:
    def excepthook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        log.critical("ended by an error that nobody foresaw", reason=kind.__name__, exc_info=(kind, error, trace))

    return excepthook


def _drop(logger: object, name: str, event: Line) -> NoReturn:
    raise structlog.DropEvent
