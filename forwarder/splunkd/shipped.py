"""What this version's Splunk app holds, to tell where a Splunk differs from it."""

import re
from functools import cache
from typing import NamedTuple

from forwarder.bundled import bundled
from forwarder.siem.bundle import bundled_lookups, bundled_rules

COLUMNS = ("rule", "severity", "entity", "message", "dedup_key", "runbook")
"""What every saved search adds to its rule's rows; no story expects values of them."""
_MACROS = "splunk_app/claude_siem/default/macros.conf"
_STANZA = re.compile(r"^\[(.+)\]$\n((?:(?!\[).*\n?)*)", re.MULTILINE)
_DEFINITION = re.compile(r"^definition = ((?:.*\\\n)*.*)$", re.MULTILINE)


class Shipped(NamedTuple):
    """The app's parts that a customer may change."""

    macros: dict[str, str]
    """Name and definition."""
    lookups: dict[str, str]
    """Name and CSV text."""
    titles: dict[str, str]
    """Rule and its saved search's name."""

    @property
    def searches(self) -> list[str]:
        """The names of the saved searches."""
        return list(self.titles.values())


@cache
def shipped() -> Shipped:
    """The bundled files' part, read once."""
    titles = {rule.name: search_name(rule.facts["name"]) for rule in bundled_rules()}
    return Shipped(_macros(bundled(_MACROS).read_text("utf-8")), bundled_lookups(), titles)


def search_name(title: str) -> str:
    """The name in Splunk of the saved search of a rule with this title."""
    return f"Claude - {title} - Rule"


def _macros(conf: str) -> dict[str, str]:
    """Name and definition of each stanza; a line that ends in a backslash goes on in the next."""
    found = ((name, _DEFINITION.search(body)) for name, body in _STANZA.findall(conf))
    return {name: definition[1].replace("\\\n", "\n") for name, definition in found if definition}
