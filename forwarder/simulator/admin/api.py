"""The Admin API: routes, keys, versions, errors and its own quota of 100 requests a minute.

Source: pages "Admin API" (keys, quota), "Errors" and "Versions" of the Claude API.
"""

import json
import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

from forwarder.simulator.admin import claude_code, reports
from forwarder.simulator.admin.lists import LISTS, list_page
from forwarder.simulator.admin.objects import FIRST_VERSION, MEMBERS_SCOPE, SCOPED_VERSION, SimulatedList
from forwarder.simulator.admin.organization import ConsoleOrganization
from forwarder.simulator.admin.parameters import InvalidParameterError, parse
from forwarder.simulator.http import Answer, Request
from forwarder.simulator.keys import ApiKey, Quota
from forwarder.simulator.server import json_answer

PREFIX = "/v1/organizations"
_VERSIONS = (FIRST_VERSION, SCOPED_VERSION)

Handler = Callable[[ConsoleOrganization, Request, str, dict[str, str]], dict[str, Any] | None]
"""(organization, request, version, ids in the path) → the body; `None`: there is no such object."""
ReportHandler = Callable[[ConsoleOrganization, list[tuple[str, str]], str], dict[str, Any]]


class _Route(NamedTuple):
    """A path below `/v1/organizations`. `scope` admits a key of claude.ai too; without one only Admin keys."""

    path: re.Pattern[str]
    handler: Handler
    scope: str | None = None


def _me(organization: ConsoleOrganization, request: Request, version: str, ids: dict[str, str]) -> dict[str, Any]:
    parse({}, request.query)
    return {"id": organization.uuid, "name": organization.name, "type": "organization"}


def _list(
    simulated: SimulatedList,
    organization: ConsoleOrganization,
    request: Request,
    version: str,
    ids: dict[str, str],
) -> dict[str, Any] | None:
    return list_page(organization, simulated, request.query, version, ids)


def _report(
    report: ReportHandler, organization: ConsoleOrganization, request: Request, version: str, ids: dict[str, str]
) -> dict[str, Any]:
    return report(organization, request.query, request.headers.get("anthropic-beta", ""))


_ROUTES = (
    _Route(re.compile("/me"), _me, MEMBERS_SCOPE),
    *(_Route(re.compile(one.path), partial(_list, one), one.scope) for one in LISTS.values()),
    _Route(re.compile("/usage_report/messages"), partial(_report, reports.messages)),
    _Route(re.compile("/cost_report"), partial(_report, reports.cost)),
    _Route(re.compile("/usage_report/claude_code"), partial(_report, claude_code.claude_code)),
)


class _AdminError(NamedTuple):
    """An error of the page "Errors". Message texts other than the first are UNCONFIRMED."""

    status: int
    type: str
    message: str


_ERRORS = {
    "missing scopes": _AdminError(403, "permission_error", "Missing required scopes. Got: {got} Needed: {needed}"),
    "invalid request": _AdminError(400, "invalid_request_error", "{message}"),
    "not found": _AdminError(404, "not_found_error", "The requested resource could not be found."),
    "method not allowed": _AdminError(405, "invalid_request_error", "Method not allowed."),
    "rate limited": _AdminError(
        429,
        "rate_limit_error",
        "This request would exceed your organization's rate limit of 100 Admin API requests per minute.",
    ),
}


def refusal(name: str, headers: Mapping[str, str] | None = None, /, **values: Any) -> Answer:
    """The named error, without its `request_id` (see `_with_request_id`)."""
    chosen = _ERRORS[name]
    error = {"type": chosen.type, "message": chosen.message.format(**values)}
    return json_answer(chosen.status, {"type": "error", "error": error}, headers)


def _with_request_id(answer: Answer, request_id: str) -> Answer:
    """An error as the Claude API shapes it, `{"type": "error", "error": …, "request_id": …}`; others unchanged.

    Faults and errors shared with the Activity Feed come in the shorter shape of the Compliance API.
    """
    if answer.status < 400:
        return answer
    body = {"type": "error", "error": json.loads(answer.body)["error"], "request_id": request_id}
    return answer._replace(body=json.dumps(body).encode())


def owns(path: str) -> bool:
    """Whether the path belongs to the Admin API."""
    return path == PREFIX or path.startswith(f"{PREFIX}/")


class SimulatedAdminApi:
    """Responds for one organization. Only the organization is locked; the server serializes requests."""

    def __init__(self, organization: ConsoleOrganization, *, per_minute: int = 100) -> None:
        self.organization = organization
        self.quota = Quota(organization.clock, per_minute)

    def serve(self, request: Request, key: ApiKey) -> Answer:
        """Charge, route, authorize, respond. The key is already known to exist."""
        if not self.quota.spend():
            return refusal("rate limited", {"retry-after": str(self.quota.retry_after())})
        for route in _ROUTES:
            if ids := route.path.fullmatch(request.path.removeprefix(PREFIX)):
                return self._answer(route, request, key, ids.groupdict())
        return refusal("not found")

    def decorate(self, answer: Answer, request_id: str, *, admitted: bool) -> Answer:
        """Adds the headers of every response, and the request's id in an error's body."""
        budget = self.quota.headers(answer.headers.get("retry-after")) if admitted else {}
        answer = _with_request_id(answer, request_id)
        return answer._replace(headers={"request-id": request_id, **budget, **answer.headers})

    def _answer(self, route: _Route, request: Request, key: ApiKey, ids: dict[str, str]) -> Answer:
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
