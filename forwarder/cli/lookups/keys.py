"""`claude-siem lookups keys`: the register of API keys, with what an earlier one says of them."""

from pathlib import Path
from typing import Annotated

import typer

from forwarder.cli.lookups.people import Events
from forwarder.cli.lookups.tables import Output, lines, write
from forwarder.detect import history_events
from forwarder.detect.registers import Kept, Key, keys_of
from forwarder.errors import Misconfigured


def keys(
    paths: Events,
    register: Annotated[
        Path | None, typer.Option(help="An earlier claude_keys.csv: its contacts and limits are kept.")
    ] = None,
    output: Output = None,
) -> None:
    """Make claude_keys.csv: for Splunk the lookup file, for Sentinel the watchlist ClaudeKeys.

    A row a key that is there, by the newest list of keys. Fill in whom to ask (`contact`; the owner's address where it
    is known) and, where a key may live longer or shorter than the rules say, `max_age_days`.
    """
    kept = {
        line["key"]: Kept(line["contact"], _days(line["max_age_days"], where))
        for where, line in lines(register, "key", "contact", "max_age_days")
    }
    write(output, Key._fields, keys_of(history_events(paths), kept))


def _days(text: str, where: str) -> str:
    if text and not (text.isascii() and text.isdigit() and int(text)):
        raise Misconfigured(f"{where}: max_age_days is {text!r}; one day or more is expected, or nothing")
    return text
