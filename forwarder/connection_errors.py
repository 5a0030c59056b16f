"""Why no connection came about, or broke: address, proxy, cause and fix in one sentence, whichever client noticed it.

httpx and the Azure clients (requests, urllib3) wrap the error of the operating system several times, each in its own
words. What decides is the innermost that the table of causes knows.
"""

import errno
import re
import socket
import ssl
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from forwarder.proxies import proxy_for

_MOST_WRAPPED = 20
_DEFAULT_PORTS = {"https": 443, "http": 80}
_LONGEST = 200


class _Cause(NamedTuple):
    """A cause, by the words in which operating systems and libraries report it."""

    words: "re.Pattern[str]"
    text: str
    """`{found}`: what the pattern's group found; `{host}`: the host that was meant."""
    fix: str
    """`{setting}`: the setting of the address; `{trust}`: that of additional authorities."""


def _cause(words: str, text: str, fix: str) -> _Cause:
    return _Cause(re.compile(words, re.IGNORECASE), text, fix)


_CAUSES = (
    _cause(
        r"\b(407\b[^\r\n'\")]{0,60})",
        "the proxy refuses: {found}",
        "set the proxy's user and password in HTTPS_PROXY, or the host in NO_PROXY",
    ),
    _cause(
        r"tunnel connection failed: (\d+[^\r\n'\")]{0,60})|proxyerror\W{1,3}(\d{3}[^\r\n'\")]{0,60})",
        "the proxy refuses: {found}",
        "allow the host in the proxy, or add it to NO_PROXY",
    ),
    _cause(
        r"certificate.verify.failed(?:\] certificate verify failed)?: ([^()\r\n]{1,150})|certificate_verify_failed",
        "the certificate is not trusted: {found}",
        "set {trust} to the authority that issued it, and use a name that it holds; verification is never off",
    ),
    _cause(
        r"wrong.version.number|unknown protocol|http request|record layer failure",
        "the answer is not TLS",
        "check scheme and port in {setting}",
    ),
    _cause(
        r"name or service not known|failed to resolve|getaddrinfo|name resolution|nodename nor servname",
        "the name {host} cannot be resolved",
        "check the spelling in {setting}, and the DNS server of this machine",
    ),
    _cause(
        r"connection refused|errno 111|errno 61\b",
        "connection refused",
        "check that it runs and listens there, and host and port in {setting}",
    ),
    _cause(
        r"no route to host|network is unreachable",
        "no route to it",
        "check the network of this machine, the firewall, and {setting}",
    ),
    _cause(
        r"timed out|timeout",
        "no answer in time",
        "check firewall and proxy, and host and port in {setting}",
    ),
    _cause(
        r"connection reset|broken pipe|disconnected|remote end closed|connection aborted|peer closed|eof occurred|"
        r"incomplete|unexpected_eof",
        "the connection was closed in the middle",
        "it is tried again; if it stays, check the proxies and load balancers on the way",
    ),
)


def explain(error: BaseException, url: str, setting: str) -> str:
    """What happened to a request to `url`, whose address is the setting `setting`; one sentence and the fix."""
    chain = list(_chain(error))
    address, host = _address(next(filter(None, map(_url_of, chain)), url))
    found = _found(chain)
    proxy = proxy_for(url)
    through = f" through the proxy {proxy}" if proxy else ""
    if found is None:
        kind = next((f"{type(one).__name__}: {one}" for one in chain if str(one)), type(error).__name__)
        return f"no answer from {address}{through} ({' '.join(kind.split())[:_LONGEST]}); check {setting}"
    cause, words = found
    text = cause.text.format(found=words, host=f"{host}, or the proxy's," if through else host)
    fix = cause.fix.format(setting=setting, trust=f"{setting.rpartition('.')[0]}.ca_file")
    also = "check the proxy in HTTPS_PROXY; " if through else ""
    return f"cannot connect to {address}{through} ({text}); {also}{fix}"


def _found(chain: list[BaseException]) -> tuple[_Cause, str] | None:
    """The first cause of the table that one of the errors reports, and the words that it quotes."""
    texts = [_words(error) for error in chain]
    for cause in _CAUSES:
        for text in texts:
            if match := cause.words.search(text):
                quoted = next((group for group in match.groups() if group), "") if match.re.groups else ""
                return cause, " ".join(quoted.split()) or match[0]
    return None


def _words(error: BaseException) -> str:
    """Its text, and its type in the words of the table."""
    if isinstance(error, socket.gaierror):
        return f"getaddrinfo {error}"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"certificate verify failed: {error.verify_message}"
    if isinstance(error, OSError) and error.errno in (errno.EHOSTUNREACH, errno.ENETUNREACH):
        return "no route to host"
    return f"{type(error).__name__} {error}"


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and what it wraps, by whichever attribute its library keeps it."""
    waiting, seen = [error], set[int]()
    while waiting and len(seen) < _MOST_WRAPPED:
        one = waiting.pop(0)
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        inner = (one.__cause__, one.__context__, getattr(one, "reason", None), getattr(one, "inner_exception", None))
        waiting += [each for each in (*inner, *one.args) if isinstance(each, BaseException)]


def _url_of(error: BaseException) -> str | None:
    """The address of the request that failed, where the library knows it: a token is asked for elsewhere."""
    try:
        request: Any = getattr(error, "request", None)
        return str(request.url) if request is not None and request.url else None
    except (AttributeError, RuntimeError):  # httpx: an error without its request
        return None


def _address(url: str) -> tuple[str, str]:
    """`https://HOST:PORT` and `HOST`."""
    parts = urlsplit(url)
    host = parts.hostname or url
    shown = f"[{host}]" if ":" in host else host
    port = parts.port or _DEFAULT_PORTS.get(parts.scheme)
    return f"{parts.scheme or 'https'}://{shown}:{port}", host
