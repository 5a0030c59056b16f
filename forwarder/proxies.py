"""The one place that decides by which proxy an address is reached; no client of the program decides for itself.

Invariants:
- A loopback address is never reached through a proxy, nor is anything over plain HTTP, which only loopback may use.
- The credential of a proxy is in no message.

The proxy is that of `HTTPS_PROXY`, else of `ALL_PROXY` (in either case, or the system's on macOS and Windows), unless
`NO_PROXY` excludes the host.
"""

import ipaddress
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit
from urllib.request import getproxies

from forwarder.errors import Misconfigured

_DEFAULT_PORTS = {"http": 80, "https": 443}


class ProxyAddress(NamedTuple):
    """A proxy. Its text is host and port, without the credential that `url` may hold."""

    url: str
    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"

    def __repr__(self) -> str:
        return f"ProxyAddress({self})"


def is_loopback(host: str) -> bool:
    """Whether `host` is a loopback address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def proxy_for(url: str) -> ProxyAddress | None:
    """The proxy by which `url` is reached; `None`: none. Raises `Misconfigured` for a wrong address of it."""
    target = urlsplit(url)
    host = (target.hostname or "").rstrip(".")
    if target.scheme != "https" or is_loopback(host):
        return None
    known = getproxies()
    name = next((name for name in ("https", "all") if known.get(name)), None)
    if name is None or _is_excluded(host, target.port or 443, known.get("no", "")):
        return None
    return _parsed(f"{name.upper()}_PROXY", known[name].strip())


def _is_excluded(host: str, port: int, no_proxy: str) -> bool:
    """Whether `NO_PROXY` names the host: `*`, a domain (with all below it), an address, a network, any with a port."""
    return any(_excludes(entry.lower(), host, port) for entry in no_proxy.replace(",", " ").split())


def _excludes(entry: str, host: str, port: int) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")) in ipaddress.ip_network(entry.strip("[]"), strict=False)
    except ValueError:
        name, _, number = entry.partition(":")
        domain = name.removeprefix("*").lstrip(".")
        named = entry == "*" or (domain != "" and (host == domain or host.endswith(f".{domain}")))
        return named and number in ("", str(port))


def _parsed(name: str, text: str) -> ProxyAddress:
    """The proxy at `text`, which may be a URL, or host and port."""
    has_scheme = "://" in text
    try:
        parts = urlsplit(text if has_scheme else f"http://{text}")
        port = parts.port or (_DEFAULT_PORTS.get(parts.scheme) if has_scheme else None)
    except ValueError:
        raise _not_a_proxy(name, "it is no URL, or its port is no number") from None
    if parts.scheme not in _DEFAULT_PORTS:
        raise _not_a_proxy(name, "its scheme is neither http nor https; SOCKS is not supported")
    if not parts.hostname or not _is_clean(parts):
        raise _not_a_proxy(name, "it has no host, or characters that no URL has")
    if port is None:
        raise _not_a_proxy(name, "it has no port")
    return ProxyAddress(parts.geturl(), parts.hostname, port)


def _is_clean(parts: SplitResult) -> bool:
    return all("!" <= character <= "~" for character in parts.geturl())


def _not_a_proxy(name: str, cause: str) -> Misconfigured:
    """The value is not shown, because it may hold a password."""
    return Misconfigured(f"{name}: not the address of a proxy: {cause}; set {name}=http://HOST:PORT, or remove it")
