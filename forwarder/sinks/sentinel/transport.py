"""How Azure's clients reach Azure: by the proxy that the program decides on, never by a redirect, without cookies.

A file of its own because it needs azure-core, which is loaded only where a Sentinel sink is used.
"""

from typing import Any

from azure.core.pipeline.transport import RequestsTransport

from forwarder.http_client import NO_COOKIES
from forwarder.proxies import proxy_for


class AzureTransport(RequestsTransport):  # type: ignore[misc]
    """Takes no proxy and no credential from the environment by itself. Redirects are refused by azure-core's option.

    Source: azure-core 1.41, `RequestsTransport` (`use_env_settings`, `proxies`).
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(use_env_settings=False, **options)

    def open(self) -> None:
        """See `RequestsTransport.open`."""
        super().open()
        if self.session is not None:
            self.session.cookies.set_policy(NO_COOKIES)

    def send(self, request: Any, **options: Any) -> Any:
        """See `RequestsTransport.send`. Raises `Misconfigured` for a wrong proxy."""
        proxy = proxy_for(request.url)
        options["proxies"] = {"https": proxy.url} if proxy else {}
        return super().send(request, **options)
