"""What happens in each life, from a seed: the same seed plans the same lives on every machine."""

import random
from collections.abc import Iterator
from typing import Any, NamedTuple

from tools.soak.weather import PATHS, WEATHER

MINUTE, HOUR = 60.0, 3600.0
LATENESS = (0.0, 0.0, 0.0, 1.5 * MINUTE, 8 * MINUTE, 3 * HOUR, 30 * HOUR)
"""Seconds between a row's time and the moment it can be read: on time, and late for each way of looking back."""
ACK_DELAYS = (0.0, 0.3, 1.0, 2.0)
LONGEST_PAUSE = 20 * MINUTE


class Rows(NamedTuple):
    """`number` rows, `ago` seconds old, that can be read from request number `request` of the feed on."""

    request: int
    number: int
    ago: float


class Trouble(NamedTuple):
    """A fault of one server."""

    server: str
    fault: dict[str, Any]


class Life(NamedTuple):
    """One life of the forwarder, and the pause before it in simulated seconds."""

    number: int
    pause: float
    rows: tuple[Rows, ...]
    troubles: tuple[Trouble, ...]
    ack_delay: float | None
    """Seconds until Splunk acknowledges; `None`: it does not promise to."""
    crash: bool
    """Whether an indexer crashes: promises are lost, and the events that were promised with them."""


def lives(kills: int, seed: int) -> Iterator[Life]:
    """The lives that end with a kill."""
    dice = random.Random(f"soak {seed}")  # noqa: S311  repeatable, and no secret
    return (_life(number, dice) for number in range(1, kills + 1))


def _life(number: int, dice: random.Random) -> Life:
    acknowledges = dice.random() < 0.5
    return Life(
        number,
        pause=dice.uniform(0, LONGEST_PAUSE),
        rows=tuple(sorted(_rows(dice) for _ in range(dice.randint(1, 4)))),
        troubles=tuple(_trouble(dice) for _ in range(dice.choice((0, 0, 1, 2, 3)))),
        ack_delay=dice.choice(ACK_DELAYS) if acknowledges else None,
        crash=acknowledges and dice.random() < 0.3,
    )


def _rows(dice: random.Random) -> Rows:
    return Rows(dice.randint(0, 20), dice.randint(1, 120), dice.choice(LATENESS))


def _trouble(dice: random.Random) -> Trouble:
    server = dice.choice(tuple(WEATHER))
    return Trouble(server, {"skip": dice.randint(0, 6), "path": PATHS[server], **dice.choice(WEATHER[server])})
