"""Command-line options that several commands share."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

import typer

from forwarder.config.units import parse_timestamp

ConfigFile = Annotated[Path, typer.Option("--config", help="The settings file (YAML).")]
LogFormat = Annotated[
    Literal["json", "console"], typer.Option("--log-format", help="JSON lines, or text for a console.")
]


def timestamp(text: str) -> datetime:
    """A timestamp with a time zone, such as 2026-04-01T00:00:00Z. Raises `typer.BadParameter`."""
    try:
        return parse_timestamp(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
