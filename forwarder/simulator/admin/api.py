"""The Admin API's front door: routes, keys, versions and its own quota of 100 requests a minute.

Source: pages "Admin API" (keys, quota), "Errors" and "Versions" of the Claude API.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from forwarder.simulator.admin import claude_code, lists, reports
from forwarder.simulator.admin.answers import InvalidParameterError, refusal, with_request_id
from forwarder.simulator.admin.objects import FIRST_VERSION, SCOPED_VERSION
from forwarder.simulator.admin.organization import Organization
from forwarder.simulator.admin.parameters import parse
from forwarder.simulator.http import Answer, Request
from forwarder.simulator.keys import ApiKey, Quota
from forwarder.simulator.server import json_answer

PREFIX = "/v1/organizations"
_VERSIONS = (FIRST_VERSION, SCOPED_VERSION)

Handler = Callable[[Organization, Request, str, Mapping[str, str]], dict[str, Any] | None]
"""(organization, request, version, ids in the path) → the body; `None`: there is no such thing."""
Report = Callable[[Organization, list[tuple[str, str]], str], dict[str, Any]]


class _Route(NamedTuple):
    """A path below `/v1/organizations`. `scope` lets a key of claude.ai in too; without it only Admin keys come in."""

    path: re.Pattern[str]
    handler: Handler
    scope: str | None = None


def _me(organization: Organization, request: Request, version: str, ids: Mapping[str, str]) -> dict[str, Any]:
    parse({}, request.query)
    return {"id": organization.uuid, "name": organization.name, "type": "organization"}


def _list(name: str) -> Handler:
    def handler(organization: Organization, request: Request, version: str, ids: Mapping[str, str]) -> dict[str, Any]:
        return lists.page(organization, name, request.query, version)

    return handler


def _members(
    organization: Organization, request: Request, version: str, ids: Mapping[str, str]
) -> dict[str, Any] | None:
    if all(space.id != ids["workspace_id"] for space in organization.workspaces()):
        return None
    return lists.page(organization, "members", request.query, version, **ids)


def _report(report: Report) -> Handler:
    def handler(organization: Organization, request: Request, version: str, ids: Mapping[str, str]) -> dict[str, Any]:
        return report(organization, request.query, request.headers.get("anthropic-beta", ""))

    return handler


_MEMBERS_SCOPE = "read:members"
"""Users and invites can be read with it, and with `read:org_audit` ("Admin API keys")."""
_ROUTES = (
    _Route(re.compile("/me"), _me, _MEMBERS_SCOPE),
    _Route(re.compile("/users"), _list("users"), _MEMBERS_SCOPE),
    _Route(re.compile("/invites"), _list("invites"), _MEMBERS_SCOPE),
    _Route(re.compile("/api_keys"), _list("api_keys")),
    _Route(re.compile("/workspaces"), _list("workspaces")),
    _Route(re.compile("/workspaces/(?P<workspace_id>[^/]+)/members"), _members),
    _Route(re.compile("/usage_report/messages"), _report(reports.messages)),
    _Route(re.compile("/cost_report"), _report(reports.cost)),
    _Route(re.compile("/usage_report/claude_code"), _report(claude_code.claude_code)),
)


def owns(path: str) -> bool:
    """Whether the path is the Admin API's."""
    return path == PREFIX or path.startswith(f"{PREFIX}/")


class AdminApi:
    """Answers for one organization. Not locked but for the organization: its server is."""

    def __init__(self, organization: Organization, *, per_minute: int = 100) -> None:
        self.organization = organization
        self.quota = Quota(organization.clock, per_minute)

    def serve(self, request: Request, key: ApiKey) -> Answer:
        """Charge, route, authorise, answer. The key is known to be one of ours."""
        if not self.quota.spend():
            return refusal("rate limited", {"retry-after": str(self.quota.retry_after())})
        for route in _ROUTES:
            if ids := route.path.fullmatch(request.path.removeprefix(PREFIX)):
                return self._answer(route, request, key, ids.groupdict())
        return refusal("not found")

    def decorate(self, answer: Answer, request_id: str, *, admitted: bool) -> Answer:
        """The headers that each of its answers has, and the request's id in an error's body."""
        budget = self.quota.headers(answer.headers.get("retry-after")) if admitted else {}
        answer = with_request_id(answer, request_id)
        return answer._replace(headers={"request-id": request_id, **budget, **answer.headers})

    def _answer(self, route: _Route, request: Request, key: ApiKey, ids: Mapping[str, str]) -> Answer:
        if request.method != "GET":
            return refusal("method not allowed")
        if key.kind != "admin" and not (route.scope and key.allows(route.scope)):
            # UNCONFIRMED: how a key of claude.ai is refused where only Console organizations have the endpoint.
            return refusal("missing scopes", got=list(key.granted()), needed=[route.scope or "org:admin"])
        try:
            with self.organization.lock:
                body = route.handler(self.organization, request, _version(request), ids)
        except InvalidParameterError as wrong:
            return refusal("invalid request", message=str(wrong))
        return refusal("not found") if body is None else json_answer(200, body)


def _version(request: Request) -> str:
    version = request.headers.get("anthropic-version")
    if version is None:
        raise InvalidParameterError("anthropic-version: header is required")
    if version not in _VERSIONS:
        raise InvalidParameterError(f"anthropic-version: {version!r} is not a valid version")
    return version
