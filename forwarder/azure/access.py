"""The identities: the one of the commands, the one of the sink, and the sink's roles on the collection rule.

Sources: Microsoft identity platform, *Access token claims reference*: `oid` is the object id of the service principal,
`appid` or `azp` the application (a token is meant for its API; it is read here for display, never to trust it); Azure
Monitor, *Tutorial: Send data using Logs Ingestion API* (role Monitoring Metrics Publisher on the rule); Azure RBAC,
*List role assignments using the REST API* (`assignedTo` counts groups, also nested ones), *Understand role definitions*
(Owner and Contributor have no data action), *Azure built-in roles*.
"""

import base64
import json
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from forwarder.azure.collection_rule import CollectionRule
from forwarder.azure.connection import Azure
from forwarder.errors import Reject
from forwarder.siem.check import SiemFinding, failure, ok, warning
from forwarder.sinks.sentinel.credential import cloud

OPERATOR, FORWARDER, ROLE = "management identity", "sink identity", "role"
"""Subjects of findings."""


class AzureIdentity(NamedTuple):
    """A service principal, a managed identity or a user."""

    object_id: str
    application: str
    """Client id of the application; of a user: that of the program that signed in."""

    def __str__(self) -> str:
        return f"object id {self.object_id}, application {self.application or 'unknown'}"


def read_operator(azure: Azure) -> AzureIdentity:
    """The identity of the commands. Raises as `Azure.request`."""
    with azure.request("a token for Resource Manager"):
        return _identity(azure.credential.get_token(cloud(azure.settings).resource_manager_scope).token)


def read_forwarder(azure: Azure) -> AzureIdentity:
    """The identity of the sink, which sends the events. Raises as `Azure.request`."""
    place = f"sinks.{azure.sink}"
    with azure.request("a token for the ingestion endpoint", place):
        credential = azure.credential_of(azure.settings, place)
        return _identity(credential.get_token(cloud(azure.settings).ingestion_scope).token)


def check_operator(identity: AzureIdentity) -> SiemFinding:
    """Azure issued a token."""
    return ok(OPERATOR, f"token issued to {identity}")


def check_forwarder(azure: Azure, identity: AzureIdentity) -> SiemFinding:
    """Azure issued a token; without a `client_id` in the settings, to the identity of this machine."""
    text = f"token issued to {identity}"
    if azure.settings.client_id:
        return ok(FORWARDER, text)
    return ok(FORWARDER, f"{text}, the identity of this machine: run the check where the forwarder runs")


def _identity(token: str) -> AzureIdentity:
    claims = _claims(token)
    if not claims.get("oid"):
        raise Reject("token", "the token does not name its identity (no claim oid)")
    return AzureIdentity(str(claims["oid"]), str(claims.get("appid") or claims.get("azp") or ""))


def _claims(token: str) -> dict[str, Any]:
    part = token.split(".")[1] if token.count(".") == 2 else ""
    try:
        claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except ValueError:
        return {}
    return claims if isinstance(claims, dict) else {}


PUBLISHER, _TITLE = "3913510d-42f4-4e42-8a64-420c390055eb", "Monitoring Metrics Publisher"
"""The role for sending."""
SEND = "Microsoft.Insights/Telemetry/Write"
"""The data action that permits sending; a custom role may have it too."""
POWERFUL = {
    "8e3af657-a8ff-443c-a75c-2fe8c4bcb635": "Owner",
    "b24988ac-6180-42a0-ab88-20f7382dd24c": "Contributor",
    "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9": "User Access Administrator",
    "f58310d9-a9f6-439a-9e8d-f62e7b41a168": "Role Based Access Control Administrator",
    "749f88d5-cbae-40b8-bcfc-e573ddc772fa": "Monitoring Contributor",
    "92aaf0da-9dab-42b6-94a3-d43ce8d16293": "Log Analytics Contributor",
    "ab8e14d6-4a74-4a29-9ba8-549422addade": "Microsoft Sentinel Contributor",
}
"""Roles that permit changes to the monitoring of the forwarder itself. None of them permits sending."""


class RoleAssignment(NamedTuple):
    """A role of an identity in a scope."""

    role: str
    """Id of the role's definition, in lower case."""
    title: str
    sends: bool
    """Whether the role permits sending."""
    scope: str
    through_group: bool


def read_assignments(azure: Azure, rule: CollectionRule, identity: AzureIdentity) -> Iterator[RoleAssignment]:
    """The roles on the rule: assigned there or above, to the identity or a group. Raises as `Azure.request`."""
    condition = f"assignedTo('{identity.object_id}')"
    with azure.request(ROLE):
        found = list(
            azure.authorization.role_assignments.list_for_scope(rule.resource_id.lstrip("/"), filter=condition)
        )
    yield from (_assignment(azure, one, identity) for one in found if _holds(str(one.scope), rule.resource_id))


def check_role(rule: CollectionRule, identity: AzureIdentity, assignments: list[RoleAssignment]) -> SiemFinding:
    """Whether the identity may send, and has no powerful role."""
    sender = next((one for one in assignments if one.sends), None)
    more = sorted({one.title for one in assignments if one.role in POWERFUL})
    if sender is None:
        had = f" ({', '.join(more)} does not include it)" if more else ""
        command = (
            f"az role assignment create --role {PUBLISHER} --assignee {identity.object_id} --scope {rule.resource_id}"
        )
        lacks = f"{identity.object_id} lacks {_TITLE} on {rule.name}{had}"
        return failure(ROLE, f"{lacks}: run `{command}`; it takes up to 30 minutes")
    text = f"{identity.object_id} is {sender.title} on {_place(sender, rule)}"
    if more:
        return warning(ROLE, f"{text}, and also {', '.join(more)}, which it does not need: remove that role")
    return ok(ROLE, text)


def _holds(scope: str, resource_id: str) -> bool:
    """At the resource or above it. Management groups stand above every subscription."""
    above = scope.rstrip("/").lower()
    outside = not above.startswith("/subscriptions/")
    return outside or f"{resource_id.lower()}/".startswith(f"{above}/")


def _assignment(azure: Azure, assignment: Any, identity: AzureIdentity) -> RoleAssignment:
    definition = str(assignment.role_definition_id)
    role = definition.rpartition("/")[2].lower()
    through_group = str(assignment.principal_id).lower() != identity.object_id.lower()
    return RoleAssignment(role, *_title_and_sending(azure, definition, role), str(assignment.scope), through_group)


def _title_and_sending(azure: Azure, definition: str, role: str) -> tuple[str, bool]:
    """The role's title, and whether it permits sending. Raises as `Azure.request`."""
    if role == PUBLISHER or role in POWERFUL:
        return POWERFUL.get(role, _TITLE), role == PUBLISHER
    definitions = azure.authorization.role_definitions
    found = azure.get_or_none(f"role definition {role}", lambda: definitions.get_by_id(definition.lstrip("/")))
    return (str(found.role_name), any(map(_permits_sending, found.permissions or []))) if found else (role, False)


def _permits_sending(permission: Any) -> bool:
    return _covers(permission.data_actions) and not _covers(permission.not_data_actions)


def _covers(patterns: Iterable[str] | None) -> bool:
    """Whether one of the patterns, with `*` as wildcard, matches the data action."""
    return any(fnmatchcase(SEND.lower(), pattern.lower()) for pattern in patterns or ())


def _place(one: RoleAssignment, rule: CollectionRule) -> str:
    place = rule.name if one.scope.lower() == rule.resource_id.lower() else one.scope
    return f"{place}, through a group" if one.through_group else place
