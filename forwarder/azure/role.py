"""Whether the forwarder may send to the collection rule, and whether it may do more than that.

Sources: Azure Monitor, *Tutorial: Send data using Logs Ingestion API* (role Monitoring Metrics Publisher on the rule);
Azure RBAC, *List role assignments using the REST API* (`assignedTo` counts groups, also through groups), *Understand
role definitions* (Owner and Contributor have no data action), *Azure built-in roles*.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from forwarder.azure.collection import CollectionRule
from forwarder.azure.connection import Azure
from forwarder.azure.identity import Identity
from forwarder.siem.findings import Finding, doubtful, fine, wrong

SUBJECT = "role"
PUBLISHER = "3913510d-42f4-4e42-8a64-420c390055eb"
"""Monitoring Metrics Publisher."""
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
    scope: str
    through_group: bool


def ask_assignments(azure: Azure, rule: CollectionRule, identity: Identity) -> Iterator[Assignment]:
    """The roles that hold on the rule: given there or above, to the identity or a group. Raises as `Azure.asked`."""
    wanted = f"assignedTo('{identity.object_id}')"
    with azure.asked(SUBJECT):
        told = list(azure.authorization.role_assignments.list_for_scope(rule.resource_id.lstrip("/"), filter=wanted))
    yield from (_assignment(one, identity) for one in told if _holds(str(one.scope), rule.resource_id))


def judge_role(rule: CollectionRule, identity: Identity, assignments: list[Assignment]) -> Finding:
    """Whether it may send, and no more than that."""
    publisher = next((one for one in assignments if one.role == PUBLISHER), None)
    more = sorted({POWERFUL[one.role] for one in assignments if one.role in POWERFUL})
    if publisher is None:
        had = f" ({', '.join(more)} does not include it)" if more else ""
        mend = (
            f"az role assignment create --role {PUBLISHER} --assignee {identity.object_id} --scope {rule.resource_id}"
        )
        lacks = f"{identity.object_id} lacks Monitoring Metrics Publisher on {rule.name}{had}"
        return wrong(SUBJECT, f"{lacks}: `{mend}`; it takes up to 30 minutes")
    told = f"{identity.object_id} is Monitoring Metrics Publisher on {_place(publisher, rule)}"
    if more:
        return doubtful(SUBJECT, f"{told}, and {', '.join(more)} there too: more than it needs; take that away")
    return fine(SUBJECT, told)


def _holds(scope: str, resource_id: str) -> bool:
    """At the resource or above it. Management groups stand above every subscription."""
    above = scope.rstrip("/").lower()
    outside = not above.startswith("/subscriptions/")
    return outside or f"{resource_id.lower()}/".startswith(f"{above}/")


def _assignment(told: Any, identity: Identity) -> Assignment:
    role = str(told.role_definition_id).rpartition("/")[2].lower()
    return Assignment(role, str(told.scope), str(told.principal_id).lower() != identity.object_id.lower())


def _place(one: Assignment, rule: CollectionRule) -> str:
    place = rule.name if one.scope.lower() == rule.resource_id.lower() else one.scope
    return f"{place}, through a group" if one.through_group else place
