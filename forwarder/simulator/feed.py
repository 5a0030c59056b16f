"""Anthropic's Compliance API Activity Feed, as its documentation describes it (pages "Activity feed", "Errors").

Written from the documentation, never from the forwarder's client: where they disagree, the client is wrong.
"""

import json
import secrets
import ssl
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from forwarder.simulator import feed_faults
from forwarder.simulator.admin import ConsoleOrganization, SimulatedAdminApi, company
from forwarder.simulator.admin import faults as admin_faults
from forwarder.simulator.admin.api import owns as is_admin
from forwarder.simulator.admin.controls import controls as admin_controls
from forwarder.simulator.clock import DAY, SECOND, SimulatedClock, micros, rfc3339
from forwarder.simulator.faults import Effect, Fault, Serve
from forwarder.simulator.feed_errors import EFFECTS, error
from forwarder.simulator.feed_query import InvalidRequestError, OrderSupport, page_request
from forwarder.simulator.feed_rows import FeedRow, FeedRows, UnknownCursorError, page_body
from forwarder.simulator.http import Answer, Request
from forwarder.simulator.keys import ACTIVITIES, ORG_DATA, ApiKey, KeyRing, Quota, default_keys
from forwarder.simulator.scenarios import SCENARIOS, Issue, scenario
from forwarder.simulator.scenarios.ordinary import ordinary
from forwarder.simulator.server import Control, LocalServer, json_answer

ACTIVITIES_PATH = "/v1/compliance/activities"
ORGANIZATIONS_PATH = "/v1/compliance/organizations"
_NAMED_PAGE = 10


class FeedServer(LocalServer):
    """The feed of one parent organization. `issues` are the activities that happen (see `scenarios`).

    `order` is how this API version treats the parameter `order`. `records_access` appends a
    `compliance_api_accessed` activity for each call, visible after `access_delay` simulated seconds.
    `opaque_cursors`: cursors are no activity ids, as they need not be. `organization` is what the Admin API serves
    at the same address, `admin_per_minute` its quota.
    """

    def __init__(
        self,
        issues: Iterable[Issue] = (),
        *,
        port: int = 0,
        clock: SimulatedClock | None = None,
        tls: ssl.SSLContext | None = None,
        keys: list[ApiKey] | None = None,
        order: OrderSupport = "honoured",
        records_access: bool = True,
        access_delay: float = 5.0,
        per_minute: int = 600,
        organizations: list[dict[str, str]] | None = None,
        opaque_cursors: bool = False,
        organization: ConsoleOrganization | None = None,
        admin_per_minute: int = 100,
    ) -> None:
        super().__init__(port=port, clock=clock, tls=tls)
        self.keys = KeyRing(default_keys() if keys is None else keys)
        self.order: OrderSupport = order
        self.records_access = records_access
        self.quota = Quota(self.clock, per_minute)
        self.organization = organization or company(clock=self.clock)
        self._admin = SimulatedAdminApi(self.organization, per_minute=admin_per_minute)
        self._access_delay = access_delay
        self._organizations = organizations or []
        self._rows = FeedRows(self.clock, opaque_cursors=opaque_cursors)
        self.extend(issues)

    def extend(self, issues: Iterable[Issue]) -> None:
        """Let more activities happen."""
        with self._lock:
            for issue in issues:
                self._rows.add(*issue)

    def append(self, activity: dict[str, Any] | str, *, delay: float = 0.0) -> None:
        """Let one activity happen now, visible after `delay` simulated seconds."""
        now = self.clock.now_us()
        created = _created_us(activity, now)
        self.extend([Issue(now + round(delay * SECOND), created, activity)])

    def issued(self) -> list[Any]:
        """Every activity that could be read so far, oldest first, parsed."""
        return [json.loads(row.text) for row in self.issued_rows()]

    def issued_rows(self) -> list[FeedRow]:
        """The same as rows: id, times and the exact JSON text."""
        with self._lock:
            return list(self._rows.visible())

    def issued_ids(self) -> list[str]:
        """Their ids, oldest first; `""` where a (hostile) activity has none."""
        return [row.id for row in self.issued_rows()]

    def hidden_count(self) -> int:
        """Activities still to become visible."""
        with self._lock:
            return self._rows.hidden_count()

    def effects(self) -> Mapping[str, Effect]:
        """See `feed_errors`, `feed_faults`, `admin.faults`, and the methods below."""
        admin = admin_faults.effects(lambda: self.organization)
        own = feed_faults.effects(
            self.clock, lambda: self._rows, lambda request: page_request(request.query, self.order)
        )
        paging = {
            "repeated-page": self._ignore_cursor,
            "endless-pages": self._never_end,
            "next-page-only": self._name_next_page,
        }
        return {**EFFECTS, **admin, **own, **paging}

    def serve(self, request: Request) -> Answer:
        """Authenticate (free of charge), charge, authorise, route."""
        key = self._key(request)
        if key is None:
            return error("invalid key")
        if is_admin(request.path):
            return self._admin.serve(request, key)
        if not self.quota.spend():
            return error("rate limited", {"retry-after": str(self.quota.retry_after())})
        return self._route(request, key)

    def decorate(self, request: Request, answer: Answer) -> Answer:
        """`Date` on every answer; what comes from the API itself has more, and the call becomes an activity."""
        headers = {"date": self.clock.http_date(), **answer.headers}
        if answer.headers.get("content-type") != "application/json":
            return answer._replace(headers=headers)
        request_id = "req_01" + secrets.token_hex(11)
        key = self._key(request)
        if is_admin(request.path):
            admitted = key is not None and answer.status != 401
            return self._admin.decorate(answer._replace(headers=headers), request_id, admitted=admitted)
        if key is not None and answer.status != 401:
            headers = {**self.quota.headers(answer.headers.get("retry-after")), **headers}
            self._record_access(request, key, request_id, answer.status)
        return answer._replace(headers={"request-id": request_id, **headers})

    def controls(self) -> dict[tuple[str, str], Control]:
        """Issued activities, new activities and keys, for a forwarder in another process."""
        return {
            **super().controls(),
            **admin_controls(self.organization),
            ("GET", "issued"): lambda _: {"ids": self.issued_ids(), "hidden": self.hidden_count()},
            ("GET", "issued/count"): lambda _: {"issued": len(self.issued_rows()), "hidden": self.hidden_count()},
            ("POST", "activities"): self._append_all,
            ("POST", "keys/add"): lambda body: self.keys.add(ApiKey(**{**body, "scopes": tuple(body["scopes"])})),
            ("POST", "keys/revoke"): lambda body: self.keys.revoke(body["secret"]),
            ("POST", "keys/restore"): lambda body: self.keys.revoke(body["secret"], revoked=False),
        }

    def _append_all(self, body: Any) -> int:
        for item in body:
            self.append(item["activity"], delay=item.get("delay", 0.0))
        return len(body)

    def _route(self, request: Request, key: ApiKey) -> Answer:
        routes: dict[str, tuple[str, Callable[[Request, ApiKey], Answer]]] = {
            ACTIVITIES_PATH: (ACTIVITIES, self._activities),
            ORGANIZATIONS_PATH: (ORG_DATA, self._list_organizations),
        }
        if request.path not in routes:
            return error("not found")
        scope, handler = routes[request.path]
        if request.method != "GET":
            return error("method not allowed")
        if not key.allows(scope):
            return error("missing scopes", got=list(key.granted()), needed=[scope])
        return handler(request, key)

    def _activities(self, request: Request, key: ApiKey) -> Answer:
        try:
            asked = page_request(request.query, self.order, key.organizations)
            rows, more = self._rows.page(asked)
        except InvalidRequestError as wrong:
            return error("invalid request", message=str(wrong))
        except UnknownCursorError as unknown:
            name = "before_id" if asked.after is None else "after_id"
            return error("bad cursor", name=name, cursor=str(unknown))
        first, last = (self._rows.cursor_of(rows[at]) if rows else None for at in (0, -1))
        return Answer(200, page_body(rows, more, first, last), {"content-type": "application/json"})

    def _list_organizations(self, request: Request, key: ApiKey) -> Answer:
        known = self._organizations or self._rows.organizations()
        seen = [one for one in known if key.organizations is None or one["uuid"] in key.organizations]
        return json_answer(200, {"data": seen, "has_more": False, "next_page": None})

    def _ignore_cursor(self, fault: Fault, request: Request, serve: Serve) -> Answer:
        """The cursor is ignored, and the first page sent again."""
        query = [(name, value) for name, value in request.query if name not in ("after_id", "before_id", "page")]
        return self.serve(request._replace(query=query))

    def _never_end(self, fault: Fault, request: Request, serve: Serve) -> Answer:
        """The first page again and again, each time with `has_more`; cursors repeat after `period` pages, or never."""
        answer = self._ignore_cursor(fault, request, serve)
        if answer.status != 200:
            return answer
        number = fault.settings["number"] = fault.settings.get("number", 0) + 1
        page = json.loads(answer.body)
        cursor = "next_page" if "next_page" in page else "last_id"
        page |= {"has_more": True, cursor: f"cursor_{number % fault.settings.get('period', 10**9)}"}
        return json_answer(200, page)

    def _name_next_page(self, fault: Fault, request: Request, serve: Serve) -> Answer:
        """Ten of the first page's objects a page; `next_page` alone names the next one, as in lists of sessions."""
        answer = self._ignore_cursor(fault, request, serve)
        if answer.status != 200:
            return answer
        objects = json.loads(answer.body)["data"]
        start = int(dict(request.query).get("page", "0"))
        end = start + _NAMED_PAGE
        return json_answer(200, {"data": objects[start:end], "next_page": str(end) if end < len(objects) else None})

    def _key(self, request: Request) -> ApiKey | None:
        return self.keys.admit(request.headers.get("x-api-key"), request.headers.get("authorization"))

    def _record_access(self, request: Request, key: ApiKey, request_id: str, status: int) -> None:
        if not self.records_access:
            return
        activity = {
            "id": "activity_01" + secrets.token_hex(11),
            "created_at": rfc3339(self.clock.now_us()),
            "organization_id": None,
            "organization_uuid": None,
            "actor": key.actor(request.client, request.headers.get("user-agent", "")),
            "type": "compliance_api_accessed",
            "request_id": request_id,
            "request_method": request.method,
            "request_body": None,
            "status_code": status,
            "url": f"https://api.anthropic.com{request.target}",
        }
        self.append(activity, delay=self._access_delay)


def _created_us(activity: dict[str, Any] | str, fallback: int) -> int:
    """An activity's `created_at`, or `fallback` where that cannot be read."""
    try:
        value = json.loads(activity) if isinstance(activity, str) else activity
        return micros(datetime.fromisoformat(value["created_at"]))
    except (ValueError, KeyError, TypeError):
        return fallback


def play(
    name: str,
    *,
    port: int = 0,
    seed: int = 1,
    speed: float = 1.0,
    count: int | None = None,
    clock: SimulatedClock | None = None,
    ahead: float = 0.0,
    **options: Any,
) -> FeedServer:
    """A feed server for a named scenario, with its limits and faults, not yet started. Raises `KeyError`.

    `options` go to `FeedServer`. Its Admin API serves the people of the scenario. For `ahead` simulated seconds after
    now ordinary activities follow, at the pace of 10,000 a month.
    """
    clock = clock or SimulatedClock(speed=speed)
    now = clock.now()
    issues = scenario(name, now=now, seed=seed, count=count)
    chosen = SCENARIOS[name]
    if ahead:
        issues += _activities_ahead(seed, clock.now_us(), round(ahead * SECOND))
    organization = company(name, clock=clock, seed=seed, now_us=micros(now))
    known = {"organization": organization, **chosen.server, **options}
    server = FeedServer(issues, port=port, clock=clock, **known)
    for fault in chosen.faults:
        server.fault(**fault)
    return server


def _activities_ahead(seed: int, start_us: int, length_us: int) -> list[Issue]:
    count = max(1, 10_000 * length_us // (30 * DAY))
    return ordinary(count, seed, start_us, start_us + length_us, name="ahead")
