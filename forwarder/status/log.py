"""The log on stderr, one line per event, as JSON or as text. It never contains secrets."""

import logging
import sys
from typing import Literal

import structlog

LogFormat = Literal["json", "console"]


def start_log(log_format: LogFormat) -> None:
    """Configure structlog, once per process. Errors of other libraries go to the same place."""
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer() if log_format == "json" else structlog.dev.ConsoleRenderer(colors=False)
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,  # without local values: they may be secrets
            renderer,
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(level=logging.ERROR, stream=sys.stderr, format='{"level": "error", "event": "%(message)s"}')
