"""The stage that playbooks play on: one server, a path a service; what each holds is plain to read and change."""

import json
import re
from collections.abc import Callable
from typing import Any, NamedTuple

from forwarder.simulator import http
from forwarder.simulator.server import LocalServer, json_answer


class Request(NamedTuple):
    """A request as a service sees it: queries by name, the body as JSON."""

    method: str
    path: str
    queries: dict[str, str]
    headers: dict[str, str]
    body: Any


class Answer(NamedTuple):
    """What a service answers."""

    status: int
    body: Any = None


Service = Callable[[Request, re.Match[str]], Answer]
Routes = dict[str, Service]
"""`METHOD pattern` → service; the pattern is matched against the whole path, decoded."""


class Stage(LocalServer):
    """A server with its routes; `requests` is everything that was asked, in order."""

    def __init__(self, routes: Routes) -> None:
        super().__init__()
        self.requests: list[Request] = []
        self._routes = routes

    def requests_to(self, method: str, part: str) -> list[Request]:
        """The requests of a method whose path holds this."""
        return [request for request in self.requests if request.method == method and part in request.path]

    def serve(self, request: http.Request) -> http.Answer:
        """The answer of the service at this path."""
        body = json.loads(request.body) if request.body else None
        seen = Request(request.method, request.path, dict(request.query), dict(request.headers), body)
        self.requests.append(seen)
        answer = self._answer(seen)
        return json_answer(answer.status, answer.body)

    def _answer(self, request: Request) -> Answer:
        for route, service in self._routes.items():
            method, pattern = route.split(" ", 1)
            if method == request.method and (match := re.fullmatch(pattern, request.path)):
                return service(request, match)
        return Answer(404, {"error": f"no such address: {request.method} {request.path}"})
