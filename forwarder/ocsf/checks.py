"""What OCSF 1.8.0 accepts as an IP address (`ip_t`) and as an e-mail address (`email_t`). Cached: few differ."""

import ipaddress
import re
from functools import lru_cache

_EMAIL = re.compile(r"[a-zA-Z0-9!#$%&'*+-/=?^_`{|}~.]+@[a-zA-Z0-9-]+\.[a-zA-Z0-9-.]+")
_LONGEST_IP = 40


@lru_cache(maxsize=65_536)
def is_ip(value: str) -> bool:
    """Whether `value` is an IPv4 or IPv6 address without a zone."""
    if len(value) > _LONGEST_IP or "%" in value:
        return False
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return False
    return True


@lru_cache(maxsize=65_536)
def is_email(value: str) -> bool:
    """Whether `value` is an e-mail address by OCSF's own expression."""
    return _EMAIL.fullmatch(value) is not None
