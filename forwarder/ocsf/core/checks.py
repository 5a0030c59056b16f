"""What OCSF 1.8.0 accepts as an IP address (`ip_t`) and as an e-mail address (`email_t`). Cached: few differ."""

import ipaddress
import re
from functools import lru_cache

_EMAIL = re.compile(r"[a-zA-Z0-9!#$%&'*+-/=?^_`{|}~.]+@[a-zA-Z0-9-]+\.[a-zA-Z0-9-.]+")
_LONGEST_IP = 40
_LONGEST_EMAIL = 320


def is_ip(value: str) -> bool:
    """Whether `value` is an IPv4 or IPv6 address without a zone."""
    return len(value) <= _LONGEST_IP and _is_ip(value)


def is_email(value: str) -> bool:
    """Whether `value` is an e-mail address by OCSF's own expression."""
    return len(value) <= _LONGEST_EMAIL and _is_email(value)


@lru_cache(maxsize=65_536)
def _is_ip(value: str) -> bool:
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return False
    return "%" not in value


@lru_cache(maxsize=65_536)
def _is_email(value: str) -> bool:
    return _EMAIL.fullmatch(value) is not None
