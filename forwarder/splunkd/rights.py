"""The user of the commands: roles, capabilities, and the indexes that they may search.

Sources: Splunk Enterprise REST API Reference, *authentication/current-context*, *authorization/roles*;
authorize.conf.spec, capabilities and srchIndexesAllowed (`*` stands for any name that does not begin with `_`).
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import NamedTuple

from forwarder.siem.check import SiemFinding, failure, ok, warning
from forwarder.splunkd.connection import Splunkd, texts

NEEDED: Mapping[str, Mapping[str, str]] = {
    "check": {"edit_token_http": "to see HEC tokens"},
    "install": {
        "indexes_edit": "to create indexes",
        "edit_token_http": "to create HEC tokens",
        "edit_local_apps": "to install the app",
        "install_apps": "to install the app",
    },
    "verify": {"search": "to run the rules"},
}
"""The capabilities that a command needs, and what each is for."""


class SplunkUser(NamedTuple):
    """The user of the credential."""

    name: str
    roles: tuple[str, ...]
    capabilities: frozenset[str]


class SearchScope(NamedTuple):
    """The indexes that the roles may search, as patterns."""

    allowed: frozenset[str]
    denied: frozenset[str]

    def includes(self, index: str) -> bool:
        """Whether this index may be searched; a denial takes precedence."""
        return _matches(index, self.allowed) and not _matches(index, self.denied)


def read_user(splunkd: Splunkd) -> SplunkUser:
    """One request, which needs no capability."""
    with splunkd.request("authentication/current-context"):
        (context,) = splunkd.collection("authentication/current-context").list()
    content = context.content
    return SplunkUser(str(content["username"]), texts(content, "roles"), frozenset(texts(content, "capabilities")))


def read_scope(splunkd: Splunkd, user: SplunkUser) -> SearchScope:
    """The indexes that the user's roles may search, inherited ones included. Raises as `Splunkd.request`."""
    with splunkd.request("authorization/roles"):
        roles = [role.content for role in splunkd.service.roles.list() if role.name in user.roles]
    allowed, denied = (
        frozenset(name for role in roles for key in (kind, f"imported_{kind}") for name in texts(role, key))
        for kind in ("srchIndexesAllowed", "srchIndexesDisallowed")
    )
    return SearchScope(allowed, denied)


def check_user(user: SplunkUser) -> Iterator[SiemFinding]:
    """Whether the user has the capabilities of each command."""
    who = f"{user.name} (roles: {', '.join(user.roles) or 'none'})"
    for command, needed in NEEDED.items():
        missing = [f"{name} ({why})" for name, why in needed.items() if name not in user.capabilities]
        if missing:
            yield warning(f"permissions for {command}", f"{who} lacks {', '.join(missing)}")
        else:
            yield ok(f"permissions for {command}", f"{who} has {', '.join(needed)}")


def check_scope(user: SplunkUser, scope: SearchScope, indexes: Collection[str]) -> SiemFinding:
    """Whether the user may search the indexes of the streams."""
    subject = "searchable indexes"
    if missing := [index for index in indexes if not scope.includes(index)]:
        text = f"{user.name}'s roles may not search {', '.join(missing)}"
        return failure(subject, f"{text}; allow it (Settings > Roles > Indexes)")
    return ok(subject, f"{user.name}'s roles may search {', '.join(indexes)}")


def _matches(index: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(index, pattern) and index.startswith("_") == pattern.startswith("_") for pattern in patterns)
