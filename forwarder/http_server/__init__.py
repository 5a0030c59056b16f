"""The HTTP/1.1 server of the OTLP receiver and of the status page: routes, limits, TLS, a graceful stop.

It knows neither of them: no telemetry, no store, no status.
"""

from forwarder.http_server.messages import GET, POST, HttpError, HttpRequest, HttpResponse, Route
from forwarder.http_server.options import HttpLimits, Tls, listening_socket
from forwarder.http_server.server import HttpServer

__all__ = [
    "GET",
    "POST",
    "HttpError",
    "HttpLimits",
    "HttpRequest",
    "HttpResponse",
    "HttpServer",
    "Route",
    "Tls",
    "listening_socket",
]
