"""Command-line options that several commands share."""

import os
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

import typer

from forwarder.config.units import parse_timestamp
from forwarder.errors import Misconfigured

LogFormat = Annotated[
    Literal["json", "console"], typer.Option("--log-format", help="JSON lines, or text for a console.")
]
LogLevel = Annotated[
    Literal["debug", "info", "warning", "error"], typer.Option("--log-level", help="Log only this and what is worse.")
]
SEARCHED = (Path("claude-siem.yaml"), Path("/etc/claude-siem/claude-siem.yaml"))
"""Where the settings file is looked for, in this order, when neither `--config` nor the variable names one."""
VARIABLE = "CLAUDE_SIEM_CONFIG"


def default_config() -> Path:
    """The settings file when no option names one. Raises `Misconfigured` where there is none."""
    if named := os.environ.get(VARIABLE):
        return Path(named)
    for file in SEARCHED:
        if file.exists():
            return file
    places = ", ".join(f"./{file}" if file.parent == Path() else str(file) for file in SEARCHED)
    raise Misconfigured(f"no settings file: give --config FILE, or set {VARIABLE}; there is none at {places}")


ConfigFile = Annotated[
    Path,
    typer.Option(
        "--config",
        default_factory=default_config,
        show_default=f"{VARIABLE}, ./claude-siem.yaml, /etc/claude-siem/claude-siem.yaml",
        help="The settings file (YAML).",
    ),
]


def timestamp(text: str) -> datetime:
    """A timestamp with a time zone, such as 2026-04-01T00:00:00Z. Raises `typer.BadParameter`."""
    try:
        return parse_timestamp(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
