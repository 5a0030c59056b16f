"""The cookies of one channel, by which a load balancer sends all its requests to the same indexer.

Facts (RFC 6265; AWS Application Load Balancers, *Sticky sessions*): the server sets a cookie by name and value, may
change it with every answer, and removes it by an age of 0 or an expiry in the past.

Invariants:
- They go to the address that set them and to no other: a channel has one address, so a `Domain` cannot widen it.
- At most `MOST_COOKIES` cookies of `MOST_BYTES` in all; the oldest go first.
- No clock decides: a cookie lives as long as its channel, or until the server removes it.
"""

import re
import threading
from collections.abc import Iterable
from email.utils import parsedate_to_datetime

MOST_COOKIES = 16
MOST_BYTES = 4096
_PAIR = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+)=([\x21-\x3a\x3c-\x7e]*(?: +[\x21-\x3a\x3c-\x7e]+)*)")
"""A name and a value as they may stand in the header `Cookie`."""
_LONG_AGO = 2000
"""An expiry before this year removes a cookie, whatever the time is; servers use the year 1970."""


class Cookies:
    """Safe from many threads. `header` is what `header()` gave before, in another process."""

    def __init__(self, header: str = "") -> None:
        self._lock = threading.Lock()
        self._values: dict[str, str] = {}
        for pair in header.split(";"):
            self._take(pair)

    def take(self, lines: Iterable[str]) -> None:
        """Take the `Set-Cookie` headers of an answer. One that is no cookie is ignored."""
        with self._lock:
            for line in lines:
                self._take(line)

    def header(self) -> str:
        """The value of the header `Cookie`; empty without cookies."""
        with self._lock:
            return "; ".join(f"{name}={value}" for name, value in self._values.items())

    def _take(self, line: str) -> None:
        pair, *attributes = line.split(";")
        match = _PAIR.fullmatch(pair.strip())
        if match is None or len(match[0]) > MOST_BYTES:
            return
        self._values.pop(match[1], None)
        if match[2] and not any(map(_removes, attributes)):
            self._values[match[1]] = match[2]
        while len(self._values) > MOST_COOKIES or self._bytes() > MOST_BYTES:
            del self._values[next(iter(self._values))]

    def _bytes(self) -> int:
        return sum(len(name) + len(value) + 3 for name, value in self._values.items())


def _removes(attribute: str) -> bool:
    """Whether an attribute of a cookie says that it is over."""
    name, _, value = attribute.partition("=")
    if name.strip().lower() == "max-age":
        return value.strip().lstrip("-").isdecimal() and int(value[:20]) <= 0
    if name.strip().lower() != "expires":
        return False
    try:
        return parsedate_to_datetime(value.strip()).year < _LONG_AGO
    except (TypeError, ValueError):
        return False
