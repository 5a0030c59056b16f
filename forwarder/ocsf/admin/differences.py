"""What a difference between two lists is to an analyst. Tables, a list each, the most telling difference first.

Of the rows that apply the first gives the event its code, class and activity; the most severe of them its severity.
Of rows with the same code only the first that applies counts, so that a table may go from the special to the general.
Risks are those of `severity.py`, and mean here what they mean in the feed's own table.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple

from forwarder.ocsf.admin.lists import ADMINS
from forwarder.ocsf.admin.reading import Fields, at, moment, same

Filling = Literal["entity", "account", "access", "group"]
When = Literal["came", "vanished", "differs", "removed", "later"]
"""The object is new; is gone; the value is another one; is no longer there; is a later time."""


class Difference(NamedTuple):
    """One row: what has to differ, and what it then is."""

    code: str
    """What follows the object's name in the event code."""
    filling: Filling
    """3004, 3001, 3005 or 3006."""
    activity: str
    """OCSF's caption of one of the class's activities; another word becomes activity 99 under that name."""
    when: When = "differs"
    paths: tuple[str, ...] = ()
    """Where the value stands in either shape of the API; without, the object itself is the value."""
    was: frozenset[str] | None = None
    """Only where the value was one of these; so with `now`."""
    now: frozenset[str] | None = None
    risk: str | None = None


def _ladder(filling: Filling, path: str, rungs: tuple[tuple[str, str], ...]) -> tuple[Difference, ...]:
    """A role was changed. `rungs`: roles above the ordinary, the highest first, and the risk of being given one.

    To come from a higher rung is to lose privileges, whatever is left; to lose the role altogether is too.
    """
    rows = []
    for role, risk in rungs:
        rows.append(
            Difference("role_changed", filling, "Assign Privileges", paths=(path,), now=frozenset({role}), risk=risk)
        )
        rows.append(Difference("role_changed", filling, "Revoke Privileges", paths=(path,), was=frozenset({role})))
    return (
        *rows,
        Difference("role_changed", filling, "Revoke Privileges", "removed", (path,)),
        Difference("role_changed", filling, "Assign Privileges", paths=(path,), risk="access given"),
    )


_ENDED = frozenset({"inactive", "archived", "expired"})

API_KEYS = (
    Difference("created", "entity", "Create", "came", ("status",), now=_ENDED),
    Difference("created", "entity", "Create", "came", risk="way in opened"),
    Difference("vanished", "entity", "Delete", "vanished"),
    Difference("status_changed", "entity", "Enable", paths=("status",), now=frozenset({"active"}), risk="access given"),
    Difference("status_changed", "entity", "Disable", paths=("status",), now=_ENDED),
    Difference("status_changed", "entity", "Update", paths=("status",)),
    Difference(
        "scope_changed",
        "entity",
        "Update",
        paths=("scope.type",),
        was=frozenset({"workspace"}),
        now=frozenset({"organization"}),
        risk="privilege granted",
    ),
    Difference("workspace_changed", "entity", "Update", paths=("scope.workspace_id", "workspace_id")),
    Difference(
        "owner_changed",
        "entity",
        "Update",
        paths=("principal.id", "principal.user_id", "principal.service_account_id"),
        risk="access given",
    ),
    Difference("expiry_changed", "entity", "Update", "removed", ("expires_at",), risk="control weakened"),
    Difference("expiry_changed", "entity", "Update", "later", ("expires_at",), risk="access given"),
    Difference("expiry_changed", "entity", "Update", paths=("expires_at",)),
    Difference("renamed", "entity", "Update", paths=("name",)),
    Difference("changed", "entity", "Update"),
)

USERS = (
    Difference("created", "account", "Create", "came", ("role",), now=ADMINS, risk="privilege granted"),
    Difference("created", "account", "Create", "came", risk="access given"),
    Difference("vanished", "account", "Delete", "vanished"),
    *_ladder(
        "access",
        "role",
        (
            ("primary_owner", "organization handed over"),
            ("owner", "privilege granted"),
            ("admin", "privilege granted"),
            ("membership_admin", "privilege granted"),
        ),
    ),
    Difference("email_changed", "account", "Update", paths=("email",)),
    Difference("renamed", "account", "Update", paths=("name",)),
    Difference("changed", "account", "Update"),
)

INVITES = (
    Difference("created", "account", "Create", "came", ("role",), now=ADMINS, risk="privilege granted"),
    Difference("created", "account", "Create", "came"),
    Difference("vanished", "account", "Delete", "vanished"),
    Difference(
        "status_changed",
        "account",
        "Create",
        paths=("status",),
        now=frozenset({"accepted"}),
        risk="access given",
    ),
    Difference("status_changed", "account", "Create", paths=("status",), now=frozenset({"pending"})),
    Difference("status_changed", "account", "Delete", paths=("status",), now=frozenset({"deleted"})),
    Difference("status_changed", "account", "Expire", paths=("status",), now=frozenset({"expired"})),
    Difference("status_changed", "account", "Update", paths=("status",)),
    Difference("role_changed", "account", "Update", paths=("role",), now=ADMINS, risk="privilege granted"),
    Difference("role_changed", "account", "Update", paths=("role",)),
    Difference("groups_changed", "account", "Update", paths=("rbac_group_ids",), risk="access given"),
    Difference("changed", "account", "Update"),
)

WORKSPACES = (
    Difference("created", "entity", "Create", "came"),
    Difference("vanished", "entity", "Delete", "vanished"),
    Difference("unarchived", "entity", "Activate", "removed", ("archived_at",), risk="access given"),
    Difference("archived", "entity", "Deactivate", paths=("archived_at",)),
    Difference("encryption_key_changed", "entity", "Update", "removed", ("external_key_id",), risk="control weakened"),
    Difference("encryption_key_changed", "entity", "Update", paths=("external_key_id",), risk="control changed"),
    Difference(
        "residency_changed",
        "entity",
        "Update",
        paths=("data_residency.allowed_inference_geos",),
        now=frozenset({"unrestricted"}),
        risk="control weakened",
    ),
    Difference("residency_changed", "entity", "Update", paths=("data_residency",), risk="control changed"),
    Difference("renamed", "entity", "Update", paths=("name",)),
    Difference("changed", "entity", "Update"),
)

WORKSPACE_MEMBERS = (
    Difference(
        "added",
        "group",
        "Add User",
        "came",
        ("workspace_role",),
        now=frozenset({"workspace_admin"}),
        risk="privilege granted",
    ),
    Difference("added", "group", "Add User", "came", risk="access given"),
    Difference("removed", "group", "Remove User", "vanished"),
    *_ladder("group", "workspace_role", (("workspace_admin", "privilege granted"),)),
    Difference("changed", "group", "Update"),
)

DIFFERENCES: Mapping[str, tuple[Difference, ...]] = MappingProxyType(
    {
        "api_keys": API_KEYS,
        "users": USERS,
        "invites": INVITES,
        "workspaces": WORKSPACES,
        "workspace_members": WORKSPACE_MEMBERS,
    }
)
"""The kind of list → its table."""


def told_by(source: str, before: Fields | None, after: Fields | None) -> Iterator[Difference]:
    """The rows that apply, the most telling first. One of `before` and `after` is there, and so a row at least."""
    codes = set[str]()
    for row in DIFFERENCES[source]:
        if row.code not in codes and _applies(row, before, after):
            codes.add(row.code)
            yield row


def _applies(row: Difference, before: Fields | None, after: Fields | None) -> bool:
    if (before is None) != (row.when == "came") or (after is None) != (row.when == "vanished"):
        return False
    was, now = (at(fields or {}, row.paths) if row.paths else fields for fields in (before, after))
    return _one_of(was, row.was) and _one_of(now, row.now) and (not row.paths or _moved(row.when, was, now))


def _one_of(value: object, values: frozenset[str] | None) -> bool:
    return values is None or (isinstance(value, str) and value in values)


def _moved(when: When, was: object, now: object) -> bool:
    if when == "removed":
        return was is not None and now is None
    if when == "later":
        earlier, later = moment(was), moment(now)
        return earlier is not None and later is not None and earlier < later
    return not same(was, now)
