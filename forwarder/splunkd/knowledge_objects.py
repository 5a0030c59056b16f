"""The app's knowledge objects: rules, macros, lookups and roles, as installed and as shipped with this version.

Source: Splunk Enterprise REST API Reference, *saved/searches*, *configs/conf-{file}*, *data/transforms/lookups*,
*authorization/roles*. The app's namespace shows what an ordinary user of it sees, local changes included.
"""

import csv
import re
from collections.abc import Collection, Iterator
from functools import cache
from typing import Any, NamedTuple

from forwarder.bundled import bundled, lookup_descriptions, lookup_text, rule_folders
from forwarder.siem.check import SiemFinding, failure, ok
from forwarder.siem.test_cases import Rows
from forwarder.splunkd import APP, APP_NAMESPACE
from forwarder.splunkd.connection import Splunkd, is_on, texts
from forwarder.splunkd.macros import Macro

COLUMNS = ("rule", "severity", "entity", "message", "dedup_key", "runbook")
"""Columns that every saved search adds to its rule's rows; test cases expect no values for them."""
_ROLE = "role_"
_MACROS = "splunk_app/claude_siem/default/macros.conf"
_STANZA = re.compile(r"^\[(.+)\]$\n((?:(?!\[).*\n?)*)", re.MULTILINE)
_DEFINITION = re.compile(r"^definition = ((?:.*\\\n)*.*)$", re.MULTILINE)


class SavedSearch(NamedTuple):
    """A saved search as installed."""

    text: str
    earliest: str
    """Such as `-14d`."""
    latest: str


def read_searches(splunkd: Splunkd) -> dict[str, SavedSearch]:
    """The app's saved searches by name."""
    with splunkd.request("saved/searches"):
        return {
            entry.name: SavedSearch(
                str(entry.content.get("search") or ""),
                str(entry.content.get("dispatch.earliest_time") or ""),
                str(entry.content.get("dispatch.latest_time") or ""),
            )
            for entry in splunkd.service.saved_searches.list(**APP_NAMESPACE)
        }


def read_macros(splunkd: Splunkd) -> dict[str, Macro]:
    """The macros visible to the app's searches, by stanza: `name` or `name(number of arguments)`."""
    with splunkd.request("configs/conf-macros"):
        return {entry.name: _macro(entry.content) for entry in splunkd.service.macros.list(**APP_NAMESPACE)}


def read_lookups(splunkd: Splunkd) -> set[str]:
    """The lookup definitions visible to the app's searches."""
    with splunkd.request("data/transforms/lookups"):
        return {entry.name for entry in splunkd.collection("data/transforms/lookups").list(**APP_NAMESPACE)}


def read_roles(splunkd: Splunkd) -> tuple[set[str], set[str]]:
    """The roles that the app's authorize.conf defines, and all roles that splunkd has loaded."""
    with splunkd.request("configs/conf-authorize"):
        entries = splunkd.collection("configs/conf-authorize").list(**APP_NAMESPACE)
        own = {e.name.removeprefix(_ROLE) for e in entries if e.name.startswith(_ROLE) and e.access.app == APP}
    with splunkd.request("authorization/roles"):
        return own, {entry.name for entry in splunkd.service.roles.list()}


def check_searches(installed: Collection[str], shipped: Collection[str]) -> SiemFinding:
    """Whether every rule is installed."""
    missing = sorted(set(shipped) - set(installed))
    if missing:
        return failure("rules", f"{len(missing)} of {len(shipped)} are missing, such as {missing[0]!r}; update the app")
    return ok("rules", f"all {len(shipped)} are installed")


def check_lookups(installed: Collection[str], shipped: Collection[str]) -> Iterator[SiemFinding]:
    """Whether each lookup is defined and readable."""
    for name in shipped:
        if name in installed:
            yield ok(f"lookup {name}", "is defined")
        else:
            yield failure(f"lookup {name}", f"is not defined, or the user may not read it; see {APP}'s permissions")


def check_roles(own: Collection[str], loaded: Collection[str]) -> Iterator[SiemFinding]:
    """Whether each role of the app is loaded."""
    for name in sorted(own):
        if name in loaded:
            yield ok(f"role {name}", "is loaded")
        else:
            yield failure(f"role {name}", f"of {APP} is not loaded; restart splunkd")


def _macro(content: Any) -> Macro:
    return Macro(str(content.get("definition") or ""), texts(content, "args"), is_on(content.get("iseval")))


class ShippedApp(NamedTuple):
    """The parts of the shipped app that a customer may change."""

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

    @property
    def lookup_rows(self) -> dict[str, Rows]:
        """The shipped rows of each lookup."""
        return {name: list(csv.DictReader(text.splitlines())) for name, text in self.lookups.items()}


@cache
def shipped_app() -> ShippedApp:
    """The app of this version, read once."""
    lookups = {name: lookup_text(name) for name in sorted(lookup_descriptions())}
    titles = {rule.name: search_name(rule.facts["name"]) for rule in rule_folders()}
    return ShippedApp(_definitions(bundled(_MACROS).read_text("utf-8")), lookups, titles)


def search_name(title: str) -> str:
    """The name in Splunk of the saved search of a rule with this title."""
    return f"Claude - {title} - Rule"


def _definitions(conf: str) -> dict[str, str]:
    """Name and definition of each macro; a line that ends in a backslash continues in the next."""
    found = ((name, _DEFINITION.search(body)) for name, body in _STANZA.findall(conf))
    return {name: definition[1].replace("\\\n", "\n") for name, definition in found if definition}
