"""Who asks: the user's roles, what they may do, and which indexes they may search.

Sources: Splunk Enterprise REST API Reference, *authentication/current-context*, *authorization/roles*;
authorize.conf.spec, capabilities and srchIndexesAllowed (`*` stands for any name that does not begin with `_`).
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import NamedTuple

from forwarder.siem.findings import Finding, doubtful, fine, wrong
from forwarder.splunkd.connection import Splunkd
from forwarder.splunkd.content import texts

NEEDED: Mapping[str, Mapping[str, str]] = {
    "check": {"edit_token_http": "to see HEC tokens"},
    "install": {
        "indexes_edit": "to make indexes",
        "edit_token_http": "to make HEC tokens",
        "edit_local_apps": "to install the app",
        "install_apps": "to install the app",
    },
    "verify": {"search": "to run the rules"},
}
"""A command's capabilities, and what each is for."""


class User(NamedTuple):
    """Who splunkd takes us for."""

    name: str
    roles: tuple[str, ...]
    capabilities: frozenset[str]


class Scope(NamedTuple):
    """The indexes that roles may search, as patterns."""

    allowed: frozenset[str]
    denied: frozenset[str]

    def holds(self, index: str) -> bool:
        """Whether this index may be searched; what is denied is, whatever allows it."""
        return _fits(index, self.allowed) and not _fits(index, self.denied)


def ask_user(splunkd: Splunkd) -> User:
    """One request, which needs no right beyond the sign-in."""
    with splunkd.asked("authentication/current-context"):
        (told,) = splunkd.collection("authentication/current-context").list()
    content = told.content
    return User(str(content["username"]), texts(content, "roles"), frozenset(texts(content, "capabilities")))


def ask_scope(splunkd: Splunkd, user: User) -> Scope:
    """What the user's roles, and those that they inherit from, may search. Raises as `Splunkd.asked`."""
    with splunkd.asked("authorization/roles"):
        roles = [role.content for role in splunkd.service.roles.list() if role.name in user.roles]
    allowed, denied = (
        frozenset(name for role in roles for key in (kind, f"imported_{kind}") for name in texts(role, key))
        for kind in ("srchIndexesAllowed", "srchIndexesDisallowed")
    )
    return Scope(allowed, denied)


def judge_user(user: User) -> Iterator[Finding]:
    """What the user lacks for each command."""
    who = f"{user.name} (roles: {', '.join(user.roles) or 'none'})"
    for command, needed in NEEDED.items():
        lacking = [f"{name} ({why})" for name, why in needed.items() if name not in user.capabilities]
        if lacking:
            yield doubtful(f"rights to {command}", f"{who} lacks {', '.join(lacking)}")
        else:
            yield fine(f"rights to {command}", f"{who} has {', '.join(needed)}")


def judge_scope(user: User, scope: Scope, indexes: Collection[str]) -> Finding:
    """Whether the user may search the indexes of the streams."""
    subject = "rights to search"
    if lacking := [index for index in indexes if not scope.holds(index)]:
        told = f"{user.name}'s roles may not search {', '.join(lacking)}"
        return wrong(subject, f"{told}; allow it (Settings > Roles > Indexes)")
    return fine(subject, f"{user.name}'s roles may search {', '.join(indexes)}")


def _fits(index: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(index, pattern) and index.startswith("_") == pattern.startswith("_") for pattern in patterns)
