"""Where the server differs from what is shipped: macros that were tuned, lookups that were filled in."""

import csv
from collections.abc import Iterator, Mapping

from forwarder.errors import Reject
from forwarder.siem.rows import difference
from forwarder.splunkd.connection import Splunkd
from forwarder.splunkd.jobs import Range, run
from forwarder.splunkd.macros import Macro

SECONDS = 60.0
LONGEST = 60
_PLACES = "claude_index_"
"""These macros say where events are: a customer's own affair, and replaced here."""


def tuned_macros(macros: Mapping[str, Macro], shipped: Mapping[str, str]) -> Iterator[str]:
    """A note for each macro that is not there or not as shipped."""
    for name, definition in shipped.items():
        held = macros.get(name)
        if held is None:
            yield f"macro {name} is not on the server"
        elif held.definition.split() != definition.split() and not name.startswith(_PLACES):
            yield f"macro {name} is {_short(held.definition)!r} on the server, {_short(definition)!r} as shipped"


def filled_lookups(splunkd: Splunkd, shipped: Mapping[str, str]) -> Iterator[str]:
    """A note for each lookup that does not hold the rows that are shipped. Raises as `jobs.run`, but for `Reject`."""
    for name, text in shipped.items():
        try:
            rows = run(splunkd, f"| inputlookup {name}", Range(0, 1), SECONDS)
        except Reject as error:
            yield f"lookup {name} cannot be read: {error}"
            continue
        if difference(rows, list(csv.DictReader(text.splitlines()))):
            yield f"lookup {name} holds rows of your own: rules that read it may rightly say something else"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"
