"""The log: one line an event on stderr, JSON for machines or text for people. Secrets never reach it."""

import logging
import sys
from typing import Literal

import structlog

Format = Literal["json", "console"]


def start_log(kind: Format) -> None:
    """Configure structlog once a process; other libraries' warnings go the same way."""
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer() if kind == "json" else structlog.dev.ConsoleRenderer(colors=False)
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,  # frames' values, which may be secrets, are not shown
            renderer,
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(level=logging.ERROR, stream=sys.stderr, format='{"level": "error", "event": "%(message)s"}')
