"""Whether the forwarder may send to the collection rule, and whether it may do more than that.

Sources: Azure Monitor, *Tutorial: Send data using Logs Ingestion API* (role Monitoring Metrics Publisher on the rule);
Azure RBAC, *List role assignments using the REST API* (`assignedTo` counts groups, also through groups), *Understand
role definitions* (Owner and Contributor have no data action), *Azure built-in roles*.
"""

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from forwarder.azure.collection import CollectionRule
from forwarder.azure.connection import Azure
from forwarder.azure.identity import Identity
from forwarder.siem.findings import Finding, doubtful, fine, wrong

SUBJECT = "role"
PUBLISHER, _TITLE = "3913510d-42f4-4e42-8a64-420c390055eb", "Monitoring Metrics Publisher"
"""The role that is meant for this."""
SEND = "Microsoft.Insights/Telemetry/Write"
"""The data action by which that role lets somebody send; a role of the customer's own may have it too."""
POWERFUL = {
    "8e3af657-a8ff-443c-a75c-2fe8c4bcb635": "Owner",
    "b24988ac-6180-42a0-ab88-20f7382dd24c": "Contributor",
    "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9": "User Access Administrator",
    "f58310d9-a9f6-439a-9e8d-f62e7b41a168": "Role Based Access Control Administrator",
    "749f88d5-cbae-40b8-bcfc-e573ddc772fa": "Monitoring Contributor",
    "92aaf0da-9dab-42b6-94a3-d43ce8d16293": "Log Analytics Contributor",
    "ab8e14d6-4a74-4a29-9ba8-549422addade": "Microsoft Sentinel Contributor",
}
"""Roles by which the forwarder could change what watches it. None of them lets it send."""


class Assignment(NamedTuple):
    """A role that somebody has somewhere."""

    role: str
    """Id of the role's definition, in lower case."""
    title: str
    sends: bool
    """Whether the role lets somebody send."""
    scope: str
    through_group: bool


def ask_assignments(azure: Azure, rule: CollectionRule, identity: Identity) -> Iterator[Assignment]:
    """The roles that hold on the rule: given there or above, to the identity or a group. Raises as `Azure.asked`."""
    wanted = f"assignedTo('{identity.object_id}')"
    with azure.asked(SUBJECT):
        told = list(azure.authorization.role_assignments.list_for_scope(rule.resource_id.lstrip("/"), filter=wanted))
    yield from (_assignment(azure, one, identity) for one in told if _holds(str(one.scope), rule.resource_id))


def judge_role(rule: CollectionRule, identity: Identity, assignments: list[Assignment]) -> Finding:
    """Whether it may send, and no more than that."""
    sender = next((one for one in assignments if one.sends), None)
    more = sorted({one.title for one in assignments if one.role in POWERFUL})
    if sender is None:
        had = f" ({', '.join(more)} does not include it)" if more else ""
        mend = (
            f"az role assignment create --role {PUBLISHER} --assignee {identity.object_id} --scope {rule.resource_id}"
        )
        lacks = f"{identity.object_id} lacks {_TITLE} on {rule.name}{had}"
        return wrong(SUBJECT, f"{lacks}: `{mend}`; it takes up to 30 minutes")
    told = f"{identity.object_id} is {sender.title} on {_place(sender, rule)}"
    if more:
        return doubtful(SUBJECT, f"{told}, and {', '.join(more)} there too: more than it needs; take that away")
    return fine(SUBJECT, told)


def _holds(scope: str, resource_id: str) -> bool:
    """At the resource or above it. Management groups stand above every subscription."""
    above = scope.rstrip("/").lower()
    outside = not above.startswith("/subscriptions/")
    return outside or f"{resource_id.lower()}/".startswith(f"{above}/")


def _assignment(azure: Azure, told: Any, identity: Identity) -> Assignment:
    definition = str(told.role_definition_id)
    role = definition.rpartition("/")[2].lower()
    through_group = str(told.principal_id).lower() != identity.object_id.lower()
    return Assignment(role, *_meaning(azure, definition, role), str(told.scope), through_group)


def _meaning(azure: Azure, definition: str, role: str) -> tuple[str, bool]:
    """The role's title, and whether it lets somebody send. Raises as `Azure.asked`."""
    if role == PUBLISHER or role in POWERFUL:
        return POWERFUL.get(role, _TITLE), role == PUBLISHER
    definitions = azure.authorization.role_definitions
    told = azure.found(f"role definition {role}", lambda: definitions.get_by_id(definition.lstrip("/")))
    return (str(told.role_name), any(_lets_send(one) for one in told.permissions or [])) if told else (role, False)


def _lets_send(permission: Any) -> bool:
    return _covers(permission.data_actions) and not _covers(permission.not_data_actions)


def _covers(patterns: Iterable[str] | None) -> bool:
    """Whether one of the patterns, in which `*` stands for anything, fits the data action."""
    return any(fnmatchcase(SEND.lower(), pattern.lower()) for pattern in patterns or ())


def _place(one: Assignment, rule: CollectionRule) -> str:
    place = rule.name if one.scope.lower() == rule.resource_id.lower() else one.scope
    return f"{place}, through a group" if one.through_group else place
