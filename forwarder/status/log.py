"""The log on stderr: one line per event, as JSON or as text for a console.

Invariants:
- No line holds a secret; no text from outside begins a line of its own or steers a terminal.
- Errors of other libraries take the same way, with their tracebacks.
- A log that cannot be written, such as on a full disk, stops nothing.
- Nothing is logged per event: what comes per event is counted and logged at most once a minute (`refusal_log`).
"""

import json
import logging
import sys
from collections.abc import MutableMapping
from contextlib import suppress
from typing import Any, Literal, TextIO, cast

import structlog

from forwarder.printable import printable, printable_json, printable_lines
from forwarder.redaction import redact_all, shorten

LogFormat = Literal["json", "console"]
LogLevel = Literal["debug", "info", "warning", "error"]
MOST_CHARACTERS = 20_000
"""Of one value. A traceback is one."""
_TRACEBACK = "exception"
_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
_LIBRARIES = {"debug": logging.WARNING}
"""From which level on lines of other libraries are logged, if not from `error` on; `info` would be one per request."""


class _Stderr:
    """Standard error as it is at each write; what cannot be written is dropped."""

    def write(self, text: str) -> int:
        with suppress(OSError, ValueError):
            sys.stderr.write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError, ValueError):
            sys.stderr.flush()


class _ToStructlog(logging.Handler):
    """Writes the records of the standard library's loggers as lines of ours."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            text = record.getMessage()
        except (TypeError, ValueError):  # a library that fills its message in wrongly
            text = str(record.msg)
        structlog.get_logger().log(record.levelno, text, logger=record.name, exc_info=record.exc_info)


def start_log(log_format: LogFormat, level: LogLevel = "info") -> None:
    """Configure the log, once per process."""
    console = log_format == "console"
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer(colors=False) if console else structlog.processors.JSONRenderer(_dumps)
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,  # without local values: they may be secrets
            _clean_for_console if console else _clean,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=structlog.PrintLoggerFactory(cast(TextIO, _Stderr())),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(level=_LIBRARIES.get(level, logging.ERROR), handlers=[_ToStructlog()], force=True)
    logging.captureWarnings(True)


def _dumps(line: Any, **options: Any) -> str:
    return printable_json(json.dumps(line, **options))


def _clean(_: Any, __: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The line without secrets, and no value of it without end."""
    return {name: _bounded(redact_all(value)) for name, value in line.items()}


def _clean_for_console(logger: Any, name: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """As `_clean`, and every value on the line; a traceback is indented below it."""
    cleaned = _clean(logger, name, line)
    for key, value in cleaned.items():
        if key == _TRACEBACK:
            cleaned[key] = printable_lines(value)
        else:
            cleaned[key] = printable(value) if isinstance(value, str) else value
    return cleaned


def _bounded(value: Any) -> Any:
    if isinstance(value, str):
        return shorten(value, MOST_CHARACTERS)
    known = value is None or isinstance(value, bool | int | float | list | dict)
    return value if known else shorten(repr(value), MOST_CHARACTERS)
