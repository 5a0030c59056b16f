"""Who may send: a bearer token, a client certificate, or, on loopback alone, anybody."""

import hmac
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from forwarder.config import is_loopback
from forwarder.errors import Misconfigured
from forwarder.otlp.refusal import UNAUTHENTICATED, Refusal

Token = Callable[[], str | None]
"""The bearer token as it is now: it may change while the receiver runs. `None`: there is none."""


class Tls(NamedTuple):
    """PEM files of the receiver's own certificate and, for mTLS, of the authorities of its clients'."""

    certificate: Path
    key: Path
    client_ca: Path | None = None

    def context(self) -> ssl.SSLContext:
        """For a server. Raises `Misconfigured` for files that cannot be used."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        try:
            context.load_cert_chain(self.certificate, self.key)
            if self.client_ca:
                context.verify_mode = ssl.CERT_REQUIRED
                context.load_verify_locations(self.client_ca)
        except (OSError, ssl.SSLError) as error:
            raise Misconfigured(f"otlp: {self.certificate}, {self.key} or {self.client_ca}: {error}") from None
        return context


def check_exposure(host: str, token: Token | None, tls: Tls | None) -> None:
    """Raises `Misconfigured` where anybody on the network could send, or read the token on its way."""
    if is_loopback(host) or (tls and (tls.client_ca or token)):
        return
    if token:
        return  # TLS may end at a proxy in front
    raise Misconfigured(
        f"otlp.listen: {host} is reachable from outside; set a bearer token or client certificates (mTLS), "
        f"or listen on 127.0.0.1"
    )


def authorize(header: str, token: Token | None) -> None:
    """Raises `Refusal` (401) unless the header `Authorization` holds the token, where there is one."""
    expected = token() if token else None
    if token is None:
        return
    scheme, _, given = header.partition(" ")
    proof = given.strip().encode("utf-8", "replace")
    if expected and scheme.lower() == "bearer" and hmac.compare_digest(proof, expected.encode()):
        return
    message = "no Authorization: Bearer token" if not header else "the bearer token is not the receiver's"
    raise Refusal(401, UNAUTHENTICATED, message, headers=(("www-authenticate", 'Bearer realm="otlp"'),))
