"""All that a command writes: the only place that writes to stdout and stderr.

Invariants:
- An argument is a line, whatever it contains: nothing from outside begins a line of its own or steers the terminal.
- What a command says in its own words holds no secret. Events, and what a person asked to be shown, are data: they are
  written as they are, in characters that a terminal may show.
- Whatever else reaches stderr, such as a library's warning, passes the filter for secrets too.
"""

import json
import sys
import traceback
from typing import Any, TextIO, cast

import typer

from forwarder.printable import printable, printable_json
from forwarder.redaction import redact, redact_all


class FilteredStream:
    """A text stream without secrets; all else is that of the stream behind it."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write the text without secrets."""
        self._stream.write(redact(text))
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def filter_stderr() -> None:
    """Let nothing pass stderr unfiltered, once per process and stream. It may have been closed before it began."""
    if sys.stderr is not None:
        sys.stderr = cast(TextIO, FilteredStream(sys.stderr))


def show(*lines: str) -> None:
    """Lines of a report on stdout."""
    for line in lines:
        typer.echo(printable(redact(line)))


def warn(*lines: str) -> None:
    """Lines on stderr: what went wrong, and progress."""
    for line in lines:
        typer.echo(printable(redact(line)), err=True)


def show_json(report: Any) -> None:
    """A report as one JSON object on stdout."""
    show_data(encoded(redact_all(report)))


def show_data(text: str) -> None:
    """Data on stdout: `encoded` values, CSV, YAML and the like, in which nothing needs to be escaped any more."""
    typer.echo(text, nl=not text.endswith("\n"))


def encoded(value: Any) -> str:
    """A value as JSON in characters that a terminal may show; times as text."""
    return printable_json(json.dumps(value, default=str))


def show_crash() -> None:
    """The traceback of the exception that is being handled, on stderr."""
    warn(*traceback.format_exc().rstrip().split("\n"))
