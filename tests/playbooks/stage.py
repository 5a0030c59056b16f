"""The stage that playbooks play on: one server, a path a service; what each holds is plain to read and change."""

import json
import re
from collections.abc import Callable
from typing import Any, NamedTuple, Self

import werkzeug
from pytest_httpserver import HTTPServer


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


class Stage:
    """A server with its routes; `requests` is everything that was asked, in order."""

    def __init__(self, routes: Routes) -> None:
        self.requests: list[Request] = []
        self._routes = routes
        self._server = HTTPServer(host="127.0.0.1", port=0)
        self._server.expect_request(re.compile(".*")).respond_with_handler(self._serve)

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._server.stop()
        if kind is None:
            self._server.check()

    @property
    def url(self) -> str:
        """The base URL, without a slash at the end."""
        return self._server.url_for("")

    def requests_to(self, method: str, part: str) -> list[Request]:
        """The requests of a method whose path holds this."""
        return [request for request in self.requests if request.method == method and part in request.path]

    def _serve(self, received: werkzeug.Request) -> werkzeug.Response:
        """The answer of the service at this path."""
        headers = {name.lower(): value for name, value in received.headers.items()}
        body = json.loads(received.data) if received.data else None
        request = Request(received.method, received.path, received.args.to_dict(), headers, body)
        self.requests.append(request)
        answer = self._answer(request)
        return werkzeug.Response(json.dumps(answer.body), answer.status, content_type="application/json")

    def _answer(self, request: Request) -> Answer:
        for route, service in self._routes.items():
            method, pattern = route.split(" ", 1)
            if method == request.method and (match := re.fullmatch(pattern, request.path)):
                return service(request, match)
        return Answer(404, {"error": f"no such address: {request.method} {request.path}"})
