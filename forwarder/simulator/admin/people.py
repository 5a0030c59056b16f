"""Users, invites and workspace members of a Console organization, and their lists.

Source: pages "List Users", "List Invites" and "List Workspace Members".
"""

from dataclasses import dataclass

from forwarder.simulator.admin.objects import (
    MEMBERS_SCOPE,
    Asked,
    Blueprint,
    Lists,
    Shape,
    SimulatedList,
    optional_time,
)
from forwarder.simulator.admin.parameters import Parameter, one_of, words
from forwarder.simulator.admin.resources import ConsoleWorkspace
from forwarder.simulator.clock import DAY, rfc3339
from forwarder.simulator.scenarios.issue import new_id
from forwarder.simulator.scenarios.people import ScenarioPerson

CONSOLE_ROLES = frozenset(("user", "developer", "billing", "admin", "claude_code_user"))
"""Roles that a Console organization accepts as a filter ("List Users")."""
_EMAIL_AND_ROLES = {"email": Parameter(words), "roles[]": Parameter(one_of(CONSOLE_ROLES))}
_SHOWN_STATUSES = ("accepted", "expired", "pending")
"""Deleted invites are never listed."""


@dataclass(frozen=True, slots=True)
class ConsoleUser:
    """A member of the organization. `role`: one of a Console organization's (see `CONSOLE_ROLES`)."""

    id: str
    email: str
    name: str
    role: str
    created_us: int

    def shape(self, version: str, now_us: int) -> Shape:
        """See `ConsoleObject.shape`; the same in both versions as far as known."""
        return {
            "id": self.id,
            "type": "user",
            "email": self.email,
            "name": self.name,
            "role": self.role,
            "added_at": rfc3339(self.created_us),
        }


@dataclass(frozen=True, slots=True)
class ConsoleInvite:
    """An invite by e-mail; it expires by itself."""

    id: str
    email: str
    role: str
    created_us: int
    expires_us: int
    status: str = "pending"
    accepted_us: int | None = None

    def status_at(self, now_us: int) -> str:
        """A pending invite past its end is `expired`."""
        return "expired" if self.status == "pending" and self.expires_us <= now_us else self.status

    def shape(self, version: str, now_us: int) -> Shape:
        """See `ConsoleObject.shape`."""
        return {
            "id": self.id,
            "type": "invite",
            "email": self.email,
            "role": self.role,
            "status": self.status_at(now_us),
            "invited_at": rfc3339(self.created_us),
            "expires_at": rfc3339(self.expires_us),
            "accepted_at": optional_time(self.accepted_us),
            "rbac_group_ids": [],
        }


@dataclass(frozen=True, slots=True)
class ConsoleMember:
    """A user's place in a workspace. Documented without an id; here it is `<workspace>/<user>`."""

    workspace_id: str
    user_id: str
    role: str = "workspace_user"
    created_us: int = 0

    @property
    def id(self) -> str:
        """Used by the simulator only; it is not returned."""
        return f"{self.workspace_id}/{self.user_id}"

    def shape(self, version: str, now_us: int) -> Shape:
        """See `ConsoleObject.shape`."""
        return {
            "type": "workspace_member",
            "user_id": self.user_id,
            "workspace_id": self.workspace_id,
            "workspace_role": self.role,
        }


def _user_shown(user: ConsoleUser, asked: Asked, now_us: int) -> bool:
    return _has_email(user.email, asked) and _has_role(user.role, asked)


def _invite_shown(invite: ConsoleInvite, asked: Asked, now_us: int) -> bool:
    wanted = asked["statuses[]"] or _SHOWN_STATUSES
    return invite.status_at(now_us) in wanted and _has_email(invite.email, asked) and _has_role(invite.role, asked)


def _member_shown(member: ConsoleMember, asked: Asked, now_us: int) -> bool:
    workspace: str = asked["workspace_id"]
    return member.workspace_id == workspace


def _has_email(email: str, asked: Asked) -> bool:
    wanted: str | None = asked["email"]
    return wanted is None or wanted.strip().lower() == email.lower()


def _has_role(role: str, asked: Asked) -> bool:
    return not asked["roles[]"] or role in asked["roles[]"]


def _users(blueprint: Blueprint) -> list[ConsoleUser]:
    roles = ("admin", "developer", "user", "claude_code_user", "user", "billing")
    return [
        ConsoleUser(
            person.user_id, person.email, _name(person), roles[n % len(roles)], blueprint.now_us - (300 - n) * DAY
        )
        for n, person in enumerate(blueprint.staff)
    ]


def _name(person: ScenarioPerson) -> str:
    return person.email.split("@")[0].replace(".", " ").title()


def _members(blueprint: Blueprint) -> list[ConsoleMember]:
    roles = ("workspace_admin", "workspace_developer", "workspace_user")
    return [
        ConsoleMember(workspace.id, person.user_id, roles[n % len(roles)], workspace.created_us)
        for number, workspace in enumerate(blueprint.workspaces)
        for n, person in enumerate(blueprint.staff[number * 10 : number * 10 + 30])
    ]


def _invites(blueprint: Blueprint) -> list[ConsoleInvite]:
    """A pending one, an expired one, and one that was accepted."""
    day, dice = blueprint.now_us - 2 * DAY, blueprint.dice
    accepted = ("accepted", day - 19 * DAY)
    return [
        ConsoleInvite(new_id(dice, "invite_"), "new.one@example.com", "developer", day, day + 21 * DAY),
        ConsoleInvite(new_id(dice, "invite_"), "forgotten@example.com", "user", day - 40 * DAY, day - 19 * DAY),
        ConsoleInvite(new_id(dice, "invite_"), blueprint.staff[-1].email, "user", day - 20 * DAY, day + DAY, *accepted),
    ]


PEOPLE_LISTS: Lists = {
    "users": SimulatedList(ConsoleUser, "/users", _users, _EMAIL_AND_ROLES, _user_shown, scope=MEMBERS_SCOPE),
    "invites": SimulatedList(
        ConsoleInvite,
        "/invites",
        _invites,
        {**_EMAIL_AND_ROLES, "statuses[]": Parameter(one_of(_SHOWN_STATUSES))},
        _invite_shown,
        scope=MEMBERS_SCOPE,
    ),
    # UNCONFIRMED: members have no id; the cursors are taken to be user ids.
    "members": SimulatedList(
        ConsoleMember,
        "/workspaces/(?P<workspace_id>[^/]+)/members",
        _members,
        shown=_member_shown,
        cursor="user_id",
        parent=ConsoleWorkspace,
    ),
}
