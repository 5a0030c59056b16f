"""TLS of every client: how the other side proves who it is.

Invariants:
- TLS is always verified: by the trusted roots and the host's name, by another name instead, or by a pinned certificate.
- A pinned certificate is compared within the handshake of every connection, before a byte of a request is sent.

Facts (Python documentation, ssl): `sslsocket_class` and `sslobject_class` are what a context wraps a connection in; a
server always shows its certificate to a client, whether or not the client validates it.
"""

import hashlib
import ssl
from pathlib import Path
from typing import Any

from forwarder.errors import Misconfigured


def trust(ca_file: Path | None, server_name: str | None = None) -> ssl.SSLContext:
    """A context with the system's roots and those of `ca_file`. Raises `Misconfigured`.

    The certificate must be for `server_name` instead of the host, where it is given.
    """
    context = _NamedContext(ssl.PROTOCOL_TLS_CLIENT) if server_name else ssl.create_default_context()
    if isinstance(context, _NamedContext):
        context.peer_name = server_name or ""
        context.verify_flags = ssl.create_default_context().verify_flags
        context.load_default_certs()
    if ca_file:
        try:
            context.load_verify_locations(cafile=ca_file)
        except (OSError, ssl.SSLError) as error:
            raise Misconfigured(
                f"ca_file: {ca_file} is not a readable PEM file ({error}); set a file of PEM certificates"
            ) from None
    return context


def pinned(fingerprint: str) -> ssl.SSLContext:
    """A context that accepts the one certificate with this SHA-256 `fingerprint` (hexadecimal), and no other."""
    context = _PinnedContext(ssl.PROTOCOL_TLS_CLIENT)
    context.fingerprint = fingerprint
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # the comparison takes the place of the chain's validation
    context.options |= ssl.OP_NO_RENEGOTIATION
    context.sslsocket_class = _PinnedSocket
    context.sslobject_class = _PinnedObject
    return context


def names_certificate(error: BaseException) -> bool:
    """Whether an error, or what caused it, is a certificate that is not accepted."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return True
        cause = cause.__cause__ or cause.__context__
    return False


_NOT_PINNED = 50
"""OpenSSL's code for a refusal by the application (X509_V_ERR_APPLICATION_VERIFICATION)."""


class _NamedContext(ssl.SSLContext):
    """Asks for, and verifies, another name than that of the host that is connected to."""

    peer_name = ""

    def wrap_socket(self, *arguments: Any, **options: Any) -> ssl.SSLSocket:
        """See `ssl.SSLContext.wrap_socket`."""
        return super().wrap_socket(*arguments, **{**options, "server_hostname": self.peer_name})

    def wrap_bio(self, *arguments: Any, **options: Any) -> ssl.SSLObject:
        """See `ssl.SSLContext.wrap_bio`."""
        return super().wrap_bio(*arguments, **{**options, "server_hostname": self.peer_name})


class _PinnedContext(ssl.SSLContext):
    fingerprint = ""

    def compare(self, certificate: bytes | None) -> None:
        """Raises `SSLCertVerificationError` for another certificate than the pinned one."""
        shown = hashlib.sha256(certificate or b"").hexdigest()
        if shown != self.fingerprint:
            text = f"the certificate with the fingerprint {shown} is not the pinned one, {self.fingerprint}"
            error = ssl.SSLCertVerificationError(ssl.SSL_ERROR_SSL, text)
            error.verify_code, error.verify_message = _NOT_PINNED, text
            raise error


class _PinnedSocket(ssl.SSLSocket):
    def do_handshake(self, block: bool = False) -> None:
        super().do_handshake(block)
        _compare(self)


class _PinnedObject(ssl.SSLObject):
    def do_handshake(self) -> None:
        super().do_handshake()
        _compare(self)


def _compare(connection: ssl.SSLSocket | ssl.SSLObject) -> None:
    context = connection.context
    if not isinstance(context, _PinnedContext):
        raise TypeError(f"a pinned connection without a pinned certificate: {context!r}")
    context.compare(connection.getpeercert(binary_form=True))
