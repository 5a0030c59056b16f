"""A stand-in for Azure Resource Manager, written from its REST reference; it fails on request in many ways.

At the start `sentinel/azuredeploy.json` is deployed, and a workspace with Microsoft Sentinel is there. Ids are compared
without regard to case, lists come in pages with `nextLink`, refusals are as documented (page: Resolve common errors).
"""

import csv
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from forwarder.simulator import LogsIngestionServer
from forwarder.simulator.azure_tokens import MANAGEMENT_SCOPE, OBJECT_ID
from forwarder.simulator.faults import Effect, Fault, Serve
from forwarder.simulator.http import Answer, Request
from forwarder.simulator.logs_ingestion import refusal
from forwarder.simulator.server import LocalServer, json_answer
from tests.azure.deployed import Deployment, Resource
from tests.azure.deployments import Deployments
from tests.packages.arm import TEMPLATE

SUBSCRIPTION = "bbbbbbbb-0000-4000-8000-000000000001"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/Security"
WORKSPACE = f"{GROUP}/providers/Microsoft.OperationalInsights/workspaces/soc"
OTHER_WORKSPACE = f"{WORKSPACE}-test"
CUSTOMER_ID = "bbbbbbbb-0000-4000-8000-000000000002"
"""The workspace's own id, which the query API wants."""
LOCATION = "westeurope"
RULE = f"{GROUP}/providers/Microsoft.Insights/dataCollectionRules/claude-siem"
PAGE = 16
_UNPAGED = ("savedsearches", "diagnosticsettings")
_ACROSS = re.compile(r"^(/subscriptions/[^/]+)(/providers/[^/]+/[^/]+)$")
"""A list of a whole subscription, which holds those of its groups."""
_ASSIGNED = re.compile(r"assignedTo\('([^']+)'\)")
_STANDARD = [("TenantId", "guid"), ("SourceSystem", "string"), ("Type", "string"), ("_ResourceId", "string")]
"""Columns that Azure gives every table."""


class ResourceManager(LocalServer):
    """One subscription. Its resources are `resources`, by id in lower case, to be changed at will."""

    def __init__(self, logs: LogsIngestionServer) -> None:
        """Beside the ingestion endpoint of its collection rule, whose tenant and certificate it shares."""
        super().__init__(clock=logs.clock, tls=logs.certificate.context())
        self.tokens = logs.tokens
        self._logs = logs
        self.denied: set[str] = set()
        """Ends of paths, in lower case, that the identity may not read."""
        self.groups: dict[str, set[str]] = {}
        """Members of groups, by object ids."""
        self.resources: dict[str, Resource] = {}
        self.deployments = Deployments(GROUP, LOCATION, self.resources)
        self.restore()

    def restore(self) -> None:
        """Reset to the initial state."""
        self.denied.clear()
        self.groups.clear()
        self.resources.clear()
        self._put(_workspace())
        self._put({"id": f"{WORKSPACE}/providers/Microsoft.SecurityInsights/onboardingStates/default"})
        for resource in Deployment(TEMPLATE, given(), GROUP, LOCATION).resources().values():
            self._put(resource)
        self._put_rule()

    def at(self, end: str) -> Resource:
        """The one resource whose id ends so."""
        (found,) = (one for key, one in self.resources.items() if key.endswith(f"/{end.lower()}"))
        return found

    def remove(self, end: str) -> None:
        """Remove the resource and everything below it."""
        gone = str(self.at(end)["id"]).lower()
        for key in [key for key in self.resources if f"{key}/".startswith(f"{gone}/")]:
            del self.resources[key]

    def put(self, identity: str, **content: Any) -> None:
        """Add a resource."""
        self._put({"id": identity, **content})

    def effects(self) -> Mapping[str, Effect]:
        """Resource Manager's refusals by name."""
        return {
            "throttled": _throttled,
            "server-error": lambda *_: refusal(500, "InternalServerError", "The server encountered an error."),
            "token-expired": lambda *_: refusal(401, "InvalidAuthenticationToken", "The access token has expired."),
            "html": lambda *_: Answer(200, b"<html>Sign in</html>", {"content-type": "text/html"}),
        }

    def serve(self, request: Request) -> Answer:
        """The token, the permissions, then the path."""
        path = request.path.lower().rstrip("/")
        if not self.tokens.holds(request.headers.get("authorization", ""), MANAGEMENT_SCOPE):
            return refusal(401, "InvalidAuthenticationToken", "The access token is invalid.")
        if any(path.endswith(end) for end in self.denied):
            return _denied(request)
        if "api-version" not in dict(request.query):
            return refusal(400, "MissingApiVersionParameter", "The api-version query parameter is required.")
        if request.method == "POST":
            asked = path.endswith(("/validate", "/whatif"))
            return self.deployments.post(request, self.url) if asked else _absent(path)
        if path in self.resources:
            return json_answer(200, _shown(self.resources[path]))
        return self.deployments.look(path) or (_absent(path) if _names_one(path) else self._listed(path, request))

    def _listed(self, path: str, request: Request) -> Answer:
        kind = path.rpartition("/")[2]
        base = path.rpartition("/providers/")[0] if kind in ("roleassignments",) else path.rpartition("/")[0]
        if "/resourcegroups/" in base and base.partition("/providers/")[2] and self._missing(base):
            return _absent(base)
        found = list(self._found(path, kind, dict(request.query).get("$filter", "")))
        if kind in _UNPAGED:
            return json_answer(200, {"value": found})
        start = int(dict(request.query).get("$skipToken", "0"))
        body: dict[str, Any] = {"value": found[start : start + PAGE]}
        if len(found) > start + PAGE:
            version = dict(request.query)["api-version"]
            body["nextLink"] = f"{self.url}{quote(request.path)}?api-version={version}&$skipToken={start + PAGE}"
        return json_answer(200, body)

    def _missing(self, base: str) -> bool:
        known = base.rpartition("/providers/")[0] if re.search(r"/providers/[^/]+$", base) else base
        return bool(known.partition("/providers/")[2]) and known not in self.resources

    def _found(self, path: str, kind: str, wanted: str) -> Iterator[Resource]:
        if kind == "roleassignments":
            yield from self._assignments(path.partition("/providers/microsoft.authorization/")[0], wanted)
        elif kind == "watchlistitems":
            yield from _items(self.resources[path.rpartition("/")[0]])
        else:
            group = _ACROSS.sub(r"\1/resourcegroups/[^/]+\2", re.escape(path))
            yield from (_shown(one) for key, one in self.resources.items() if re.fullmatch(f"{group}/[^/]+", key))

    def _assignments(self, scope: str, wanted: str) -> Iterator[Resource]:
        """Those at the scope, above it and below it; `assignedTo` counts groups (page: List role assignments).

        Every management group is above the subscription.
        """
        who = _ASSIGNED.search(wanted)
        names = {who[1], *(group for group, members in self.groups.items() if who[1] in members)} if who else set()
        for key, resource in self.resources.items():
            on, is_one, _ = key.rpartition("/providers/microsoft.authorization/roleassignments/")
            group = not on.startswith("/subscriptions/")
            if is_one and (group or f"{scope}/".startswith(f"{on}/") or f"{on}/".startswith(f"{scope}/")):
                shown = _shown(resource)
                shown["properties"]["scope"] = on
                if not who or shown["properties"]["principalId"] in names:
                    yield shown

    def _put(self, resource: Resource) -> None:
        self.resources[str(resource["id"]).lower()] = resource

    def _put_rule(self) -> None:
        rule = self.at("dataCollectionRules/claude-siem")
        rule["properties"] |= {
            "immutableId": self._logs.rule_id,
            "endpoints": {"logsIngestion": self._logs.url},
            "provisioningState": "Succeeded",
        }
        for table in (one for key, one in self.resources.items() if "/tables/" in key):
            standard = [{"name": name, "type": kind} for name, kind in _STANDARD]
            table["properties"]["schema"] |= {"tableType": "CustomLog", "standardColumns": standard}
            table["properties"]["provisioningState"] = "Succeeded"


def given() -> dict[str, Any]:
    """The parameters of the deployment."""
    return {"workspace": "soc", "principalId": OBJECT_ID, "enableRules": True}


def _workspace() -> Resource:
    return {
        "id": WORKSPACE,
        "name": "soc",
        "location": LOCATION,
        "properties": {
            "customerId": CUSTOMER_ID,
            "provisioningState": "Succeeded",
            "retentionInDays": 90,
            "sku": {"name": "PerGB2018"},
        },
    }


def _shown(resource: Resource) -> Resource:
    """As Azure answers: without write-only properties and null values."""
    content: Resource = json.loads(json.dumps(resource))
    content.get("properties", {}).pop("rawContent", None)
    return content


def _items(watchlist: Resource) -> Iterator[Resource]:
    content = watchlist["properties"]
    for number, row in enumerate(csv.DictReader(content["rawContent"].splitlines())):
        identity = f"{watchlist['id']}/watchlistItems/{number}"
        yield {"id": identity, "name": str(number), "properties": {"itemsKeyValue": row, "isDeleted": False}}


def _names_one(path: str) -> bool:
    """Whether a path below a provider is that of one resource: after the provider, kinds and names take turns."""
    below = path.rpartition("/providers/")[2].split("/")
    return len(below) % 2 == 1


def _throttled(fault: Fault, request: Request, serve: Serve) -> Answer:
    """429 with `Retry-After` (setting `retry_after`, seconds, 1 by default)."""
    after = str(fault.settings.get("retry_after", 1))
    return refusal(429, "SubscriptionRequestsThrottled", "Number of requests exceeded.", {"Retry-After": after})


def _denied(request: Request) -> Answer:
    action = "write" if request.method != "GET" else "read"
    text = f"The client does not have authorization to perform action '{action}' over scope '{request.path}'."
    return refusal(403, "AuthorizationFailed", text)


def _absent(path: str) -> Answer:
    return refusal(404, "ResourceNotFound", f"The Resource '{path}' was not found.")
