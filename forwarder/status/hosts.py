"""By which names the status page may be asked for: a page of another site must not read it through a visitor's browser.

With DNS rebinding a name of the attacker's leads to this address, and the browser takes the answers for that site's. A
literal address cannot be rebound, and probes of Kubernetes ask by the pod's.
"""

import ipaddress
from collections.abc import Collection

from forwarder.http_server import HttpError, HttpRequest


class AllowedHosts:
    """Every literal address, `localhost`, and the names of `status.allowed_hosts`.

    `public` are paths that may be asked for by any name: a liveness probe restarts what it cannot reach.
    """

    def __init__(self, names: Collection[str], public: Collection[str]) -> None:
        self._public = public
        self._names = {"localhost", *(name.lower() for name in names)}

    def check(self, request: HttpRequest) -> None:
        """Raises `HttpError` (421) for another name. A request without one comes from no browser."""
        host = request.headers.get("host", "")
        name = host.partition("]")[0].removeprefix("[") if host.startswith("[") else host.partition(":")[0]
        if request.path in self._public or not name or name.lower().rstrip(".") in self._names or _is_address(name):
            return
        raise HttpError(421, "this name is not the status page's; to allow it, add it to status.allowed_hosts")


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
