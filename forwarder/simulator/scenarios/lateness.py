"""Two days before and one day after `now`, in which some rows can be read only minutes, hours or two days later.

Each lateness stays just inside or just outside of what a reader may rely on (documented: within a minute;
Access Transparency: up to two business days).
"""

import random

from forwarder.simulator.clock import DAY, HOUR, MINUTE, SECOND
from forwarder.simulator.scenarios.issue import Issue, chance
from forwarder.simulator.scenarios.ordinary import ordinary

_LATENESS = (
    (0.94, SECOND, 55 * SECOND),
    (0.03, 2 * MINUTE, 9 * MINUTE),
    (0.02, HOUR, 8 * HOUR),
    (0.01, 2 * DAY - HOUR, 2 * DAY + HOUR),
)
"""(share of the rows, least, most): how long after `created_at` a row becomes visible."""


def late_rows(count: int, seed: int, now_us: int) -> list[Issue]:
    """`count` ordinary activities, one in twenty of them late."""
    dice = chance("late-rows", seed)
    base = ordinary(count, seed, now_us - 2 * DAY, now_us + DAY, name="late-rows")
    return [made._replace(visible_us=made.created_us + _lateness(dice)) for made in base]


def _lateness(dice: random.Random) -> int:
    shares = [share for share, _, _ in _LATENESS]
    _, least, most = dice.choices(_LATENESS, shares)[0]
    return dice.randrange(least, most)


def equal_timestamps(count: int, seed: int, now_us: int) -> list[Issue]:
    """Runs of 1 to 700 activities that share their microsecond, so that page edges fall inside them."""
    dice = chance("equal-timestamps", seed)
    base = ordinary(count, seed, now_us - DAY, now_us - 2 * MINUTE, name="equal-timestamps")
    made: list[Issue] = []
    while len(made) < len(base):
        run = base[len(made) : len(made) + dice.choice([1, 2, 50, 250, 700])]
        made += [_at(one, run[0]) for one in run]
    return made


def _at(one: Issue, first: Issue) -> Issue:
    if isinstance(one.activity, str) or isinstance(first.activity, str):
        raise TypeError("only activities that are objects can be moved in time")
    activity = {**one.activity, "created_at": first.activity["created_at"]}
    return Issue(first.visible_us, first.created_us, activity)


def many_organizations(count: int, seed: int, now_us: int) -> list[Issue]:
    """A week of a parent with twelve organizations."""
    return ordinary(count, seed, now_us - 7 * DAY, now_us - MINUTE, name="many-organizations", homes=12)


def busy_day(count: int, seed: int, now_us: int) -> list[Issue]:
    """One ordinary day, for a server that has little patience."""
    return ordinary(count, seed, now_us - DAY, now_us - MINUTE, name="rate-limited")
