"""When something happened: the first time given that can be true.

Source: OpenTelemetry protocol, logs.proto: `time_unix_nano` 0 is unknown, then `observed_time_unix_nano` counts.
"""

from forwarder.errors import Reject

EARLIEST_MS = 1_577_836_800_000
"""2020-01-01: no Claude product is older, so an earlier time is a clock that was never set."""
AHEAD_MS = 86_400_000
"""How far a client's clock may be ahead of ours."""


def in_ms(moment_ns: int) -> int:
    """Nanoseconds as milliseconds. 0 (not given) stays 0, and nothing else becomes it."""
    return moment_ns // 1_000_000 or min(moment_ns, 1)


def moment_ms(given: tuple[int, ...], logged_ms: int) -> int:
    """The first of the times in ms (0: not given) that can be true, the receipt's if none is given. Raises `Reject`."""
    latest = logged_ms + AHEAD_MS
    for moment in given:
        if EARLIEST_MS <= moment <= latest:
            return moment
    if any(given):
        told = next(moment for moment in given if moment)
        raise Reject("absurd-time", f"time {told} ms is not from {EARLIEST_MS} to {latest}; set the client's clock")
    return logged_ms
