"""A load balancer before several HECs: it keeps a client at one node by a cookie, or by its connection.

Sources: AWS Application Load Balancers, *Sticky sessions* (the cookie changes with every answer); nginx,
`ip_hash`/`sticky`; F5, *Cookie persistence*. Without the cookie a request goes to the next node in turn.

Each node is a HEC of its own, which knows nothing of the channels and acknowledgement numbers of the others.
"""

import http.client
import itertools
from collections import Counter
from collections.abc import Sequence
from typing import Literal

from forwarder.simulator.hec import HecServer
from forwarder.simulator.http import Answer, Request
from forwarder.simulator.server import LocalServer

COOKIE = "AWSALB"
_HOP_BY_HOP = frozenset({"connection", "host", "content-length"})


class Balancer(LocalServer):
    """Forwards requests over HTTP to `nodes`, which run already.

    `sticky`: `cookie` sets two cookies with every answer, of which the first names the node in its own words;
    `connection` keeps all requests of a connection at one node.
    """

    def __init__(self, nodes: Sequence[HecServer], *, sticky: Literal["cookie", "connection"]) -> None:
        super().__init__()
        self._nodes = nodes
        self._sticky = sticky
        self._turn = itertools.cycle(range(len(nodes)))
        self._versions = itertools.count()
        self._of_connection: dict[int, int] = {}
        self.requests: Counter[int] = Counter()
        """By node."""
        self.connections: set[int] = set()
        """By number."""
        self.cookies: list[str] = []
        """What came in the header `Cookie`, of every request."""
        self.channels: set[str] = set()

    def serve(self, request: Request) -> Answer:
        """Forward to the node of the cookie or the connection, else to the next."""
        self.connections.add(request.connection)
        self.channels.add(request.headers.get("x-splunk-request-channel", ""))
        node = self._node(request)
        self.requests[node] += 1
        self.cookies.append(request.headers.get("cookie", ""))
        answer = self._forward(self._nodes[node], request)
        if self._sticky == "cookie":
            cookie = f"{COOKIE}={next(self._versions)}/{node}+x==; Expires=Mon, 07 Dec 2026 10:00:00 GMT; Path=/"
            return answer._replace(headers={**answer.headers, "set-cookie": cookie})
        return answer

    def _node(self, request: Request) -> int:
        if self._sticky == "connection":
            if request.connection not in self._of_connection:
                self._of_connection[request.connection] = next(self._turn)
            return self._of_connection[request.connection]
        values = dict(pair.split("=", 1) for pair in request.headers.get("cookie", "").split("; ") if "=" in pair)
        named = values.get(COOKIE)
        return int(named.partition("/")[2].partition("+")[0]) if named else next(self._turn)

    def _forward(self, node: HecServer, request: Request) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", node.port, timeout=30)
        try:
            headers = {name: value for name, value in request.headers.items() if name not in _HOP_BY_HOP | {"cookie"}}
            connection.request(request.method, request.target, request.body, headers)
            response = connection.getresponse()
            kept = {n.lower(): v for n, v in response.getheaders() if n.lower() not in _HOP_BY_HOP}
            return Answer(response.status, response.read(), kept)
        finally:
            connection.close()
