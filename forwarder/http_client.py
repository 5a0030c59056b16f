"""Shared by all HTTP clients: TLS trust, backoff and `Retry-After`."""

import math
import random
import ssl
from collections.abc import Mapping
from pathlib import Path

from forwarder.errors import Misconfigured

MAX_RETRY_AFTER = 3600.0
MAX_BACKOFF = 4.0
"""Seconds; so that delivery resumes within 5 s after the end of an outage."""


def backoff(first: float, failures: int) -> float:
    """Seconds to wait after `failures` failures in a row: doubling from `first`, capped, with jitter."""
    return min(MAX_BACKOFF, first * 2.0 ** min(failures, 10)) * random.uniform(0.5, 1.0)  # noqa: S311 (no secret)


def trust(ca_file: Path | None) -> ssl.SSLContext:
    """TLS context with the system roots, plus `ca_file` where given. Always verifies. Raises `Misconfigured`."""
    context = ssl.create_default_context()
    if ca_file:
        try:
            context.load_verify_locations(cafile=ca_file)
        except (OSError, ssl.SSLError) as error:
            raise Misconfigured(
                f"ca_file: {ca_file} is not a readable PEM file ({error}); set a file of PEM certificates"
            ) from None
    return context


def retry_after(headers: Mapping[str, str]) -> float | None:
    """`retry-after-ms` or `retry-after` in seconds, at most one hour. Dates and invalid values count as absent."""
    for name, scale in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            seconds = float(headers[name]) * scale
        except (KeyError, ValueError):
            continue
        if math.isfinite(seconds):
            return min(max(0.0, seconds), MAX_RETRY_AFTER)
    return None
