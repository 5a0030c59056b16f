"""The server of the OTLP receivers and of the status page: HTTP/1.1 and HTTP/2, routes, limits, TLS, a graceful stop.

It knows none of them: no telemetry, no store, no status.
"""

from forwarder.http_server.messages import GET, POST, Endpoint, HttpError, HttpRequest, HttpResponse, Route
from forwarder.http_server.options import HttpLimits, Tls, listening_socket
from forwarder.http_server.origins import Origins
from forwarder.http_server.rate_limit import LogRateLimit
from forwarder.http_server.server import HttpServer

__all__ = [
    "GET",
    "POST",
    "Endpoint",
    "HttpError",
    "HttpLimits",
    "HttpRequest",
    "HttpResponse",
    "HttpServer",
    "LogRateLimit",
    "Origins",
    "Route",
    "Tls",
    "listening_socket",
]
