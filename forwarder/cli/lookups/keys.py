"""`claude-siem lookups keys`: all API keys, with contacts and age limits from an earlier lookup."""

from pathlib import Path
from typing import Annotated

import typer

from forwarder.cli.lookups.people import Events
from forwarder.cli.lookups.tables import Output, lines, write
from forwarder.detect import history_events
from forwarder.detect.lookups import KeyOverrides, LookupKey, keys_of
from forwarder.errors import Misconfigured


def keys(
    paths: Events,
    register: Annotated[
        Path | None, typer.Option(help="An earlier claude_keys.csv; its contacts and age limits are kept.")
    ] = None,
    output: Output = None,
) -> None:
    """Make claude_keys.csv: the lookup file for Splunk, the watchlist ClaudeKeys for Sentinel.

    One row per key of the newest inventory. `contact` is the owner's address where it is known; fill in the others.
    Set `max_age_days` for a key with another age limit than the rules have.
    """
    overrides = {
        line["key"]: KeyOverrides(line["contact"], _days(line["max_age_days"], where))
        for where, line in lines(register, "key", "contact", "max_age_days")
    }
    write(output, LookupKey._fields, keys_of(history_events(paths), overrides))


def _days(text: str, where: str) -> str:
    if text and not (text.isascii() and text.isdigit() and int(text)):
        raise Misconfigured(f"{where}: max_age_days is {text!r}; it must be a number of days (1 or more) or empty")
    return text
