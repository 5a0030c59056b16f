"""What every HTTP client here shares: whom it trusts and how it reads `Retry-After`."""

import math
import random
import ssl
from collections.abc import Mapping
from pathlib import Path

from forwarder.errors import Misconfigured

LONGEST_WAIT = 3600.0
LONGEST_BACKOFF = 4.0
"""Seconds; so that delivery begins again within 5 s of a destination's return."""


def backoff(first: float, failures: int) -> float:
    """Seconds to wait after so many failures in a row: doubling from `first`, capped, jittered."""
    return min(LONGEST_BACKOFF, first * 2.0 ** min(failures, 10)) * random.uniform(0.5, 1.0)  # noqa: S311 (no secret)


def trust(ca_file: Path | None) -> ssl.SSLContext:
    """System roots, plus `ca_file` where given. Verification is never off. Raises `Misconfigured`."""
    context = ssl.create_default_context()
    if ca_file:
        try:
            context.load_verify_locations(cafile=ca_file)
        except (OSError, ssl.SSLError) as error:
            raise Misconfigured(f"ca_file: {ca_file} is no readable PEM bundle ({error})") from None
    return context


def retry_after(headers: Mapping[str, str]) -> float | None:
    """`retry-after-ms` or `retry-after` in seconds, an hour at most; dates and nonsense count as absent."""
    for name, scale in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            seconds = float(headers[name]) * scale
        except (KeyError, ValueError):
            continue
        if math.isfinite(seconds):
            return min(max(0.0, seconds), LONGEST_WAIT)
    return None
