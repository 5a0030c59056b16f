"""600 requests a minute for a parent organization, all keys and paths together (page "Errors", rate limits)."""

import math

from forwarder.simulator.clock import MINUTE, SECOND, SimulatedClock, rfc3339


class Quota:
    """A budget that refills whole, a minute after its first request."""

    def __init__(self, clock: SimulatedClock, per_minute: int = 600) -> None:
        self._clock = clock
        self.per_minute = per_minute
        self._used = 0
        self._reset_us = 0

    def spend(self) -> bool:
        """Take one request from the budget; `False` when none is left."""
        self._refill()
        self._used += 1
        return self._used <= self.per_minute

    def headers(self, retry_after: str | None = None) -> dict[str, str]:
        """The `anthropic-ratelimit-*` headers; `-reset` is RFC 3339 in whole seconds, as far off as `retry-after`."""
        self._refill()
        wait_us = round(float(retry_after) * SECOND) if retry_after else self._reset_us - self._clock.now_us()
        reset = math.ceil((self._clock.now_us() + wait_us) / SECOND) * SECOND
        return {
            "anthropic-ratelimit-requests-limit": str(self.per_minute),
            "anthropic-ratelimit-requests-remaining": str(max(0, self.per_minute - self._used)),
            "anthropic-ratelimit-requests-reset": rfc3339(reset),
        }

    def _refill(self) -> None:
        now = self._clock.now_us()
        if now >= self._reset_us:
            self._used, self._reset_us = 0, now + MINUTE

    def retry_after(self) -> int:
        """Whole seconds until there is a budget again, at least one."""
        return max(1, math.ceil((self._reset_us - self._clock.now_us()) / SECOND))
