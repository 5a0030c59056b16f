"""The wait until what was sent can be searched."""

import time
from collections.abc import Callable, Mapping

from forwarder.errors import Retry

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 5.0


def await_events(
    count: Callable[[], Mapping[str, int]], sent: Mapping[str, int], wait: float, told: Callable[[int], None]
) -> dict[str, int]:
    """How many events, by mark, are not searchable after `wait` seconds at most.

    `count` asks how many are, by mark; `told` hears how many marks are there. Raises as `count`, but for `Retry`: the
    next count may succeed.
    """
    until, pause, lacking = time.monotonic() + wait, FIRST_PAUSE, dict(sent)
    while lacking:
        lacking = _lacking(count, sent, lacking)
        told(len(sent) - len(lacking))
        if time.monotonic() > until:
            break
        if lacking:
            time.sleep(pause)
            pause = min(LONGEST_PAUSE, pause * 1.5)
    return lacking


def _lacking(count: Callable[[], Mapping[str, int]], sent: Mapping[str, int], before: dict[str, int]) -> dict[str, int]:
    """What is still not searchable; as before when this time it could not be counted."""
    try:
        there = count()
    except Retry:
        return before
    return {mark: n - there.get(mark, 0) for mark, n in sent.items() if n > there.get(mark, 0)}
