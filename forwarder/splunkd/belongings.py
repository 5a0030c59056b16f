"""What our app brings, as the server has it: rules, macros, lookups and roles.

Source: Splunk Enterprise REST API Reference, *saved/searches*, *configs/conf-{file}*, *data/transforms/lookups*,
*authorization/roles*. A namespace of the app shows what an ordinary user of it sees: local changes included.
"""

from collections.abc import Collection, Iterator
from typing import Any, NamedTuple

from forwarder.siem.findings import Finding, fine, wrong
from forwarder.splunkd import APP
from forwarder.splunkd.connection import Splunkd
from forwarder.splunkd.content import is_on, texts
from forwarder.splunkd.macros import Macro

NAMESPACE = {"owner": "nobody", "app": APP}
_ROLE = "role_"


class Search(NamedTuple):
    """A saved search as installed."""

    text: str
    earliest: str
    """Such as `-14d`."""
    latest: str


def ask_searches(splunkd: Splunkd) -> dict[str, Search]:
    """The app's saved searches by name."""
    with splunkd.asked("saved/searches"):
        return {
            entry.name: Search(
                str(entry.content.get("search") or ""),
                str(entry.content.get("dispatch.earliest_time") or ""),
                str(entry.content.get("dispatch.latest_time") or ""),
            )
            for entry in splunkd.service.saved_searches.list(**NAMESPACE)
        }


def ask_macros(splunkd: Splunkd) -> dict[str, Macro]:
    """The macros that the app's searches see, by stanza: `name` or `name(number of arguments)`."""
    with splunkd.asked("configs/conf-macros"):
        return {entry.name: _macro(entry.content) for entry in splunkd.service.macros.list(**NAMESPACE)}


def ask_lookups(splunkd: Splunkd) -> set[str]:
    """The lookup definitions that the app's searches see."""
    with splunkd.asked("data/transforms/lookups"):
        return {entry.name for entry in splunkd.collection("data/transforms/lookups").list(**NAMESPACE)}


def ask_roles(splunkd: Splunkd) -> tuple[set[str], set[str]]:
    """The roles that the app's authorize.conf defines, and all roles that splunkd has loaded."""
    with splunkd.asked("configs/conf-authorize"):
        entries = splunkd.collection("configs/conf-authorize").list(**NAMESPACE)
        own = {e.name.removeprefix(_ROLE) for e in entries if e.name.startswith(_ROLE) and e.access.app == APP}
    with splunkd.asked("authorization/roles"):
        return own, {entry.name for entry in splunkd.service.roles.list()}


def judge_searches(there: Collection[str], shipped: Collection[str]) -> Finding:
    """Whether every rule is there."""
    lacking = sorted(set(shipped) - set(there))
    if lacking:
        return wrong("rules", f"{len(lacking)} of {len(shipped)} are missing, such as {lacking[0]!r}; update the app")
    return fine("rules", f"all {len(shipped)} are there")


def judge_lookups(there: Collection[str], shipped: Collection[str]) -> Iterator[Finding]:
    """Whether each lookup is defined and may be read."""
    for name in shipped:
        if name in there:
            yield fine(f"lookup {name}", "is defined")
        else:
            yield wrong(f"lookup {name}", f"is not defined, or the user may not read it; see {APP}'s permissions")


def judge_roles(own: Collection[str], loaded: Collection[str]) -> Iterator[Finding]:
    """Whether each role of the app is loaded."""
    for name in sorted(own):
        if name in loaded:
            yield fine(f"role {name}", "is there")
        else:
            yield wrong(f"role {name}", f"of {APP} is not loaded; restart splunkd")


def _macro(content: Any) -> Macro:
    return Macro(str(content.get("definition") or ""), texts(content, "args"), is_on(content.get("iseval")))
