"""The plan of a soak test: rows and faults of each run. The same seed gives the same plan on every machine."""

import random
from collections.abc import Iterator
from typing import Any, NamedTuple

from tools.soak.faults import FAULTS, PATHS

MINUTE, HOUR = 60.0, 3600.0
LATENESS = (0.0, 0.0, 0.0, 1.5 * MINUTE, 8 * MINUTE, 3 * HOUR, 30 * HOUR)
"""Seconds between the time of a row and its appearance: on time, and late enough for each kind of re-read."""
ACK_DELAYS = (0.0, 0.3, 1.0, 2.0)
MAX_PAUSE = 20 * MINUTE


class PlannedRows(NamedTuple):
    """`number` rows, `ago` seconds old, that appear with request number `request` of the feed."""

    request: int
    number: int
    ago: float


class PlannedFault(NamedTuple):
    """A fault of one server."""

    server: str
    options: dict[str, Any]


class PlannedRun(NamedTuple):
    """One run of the forwarder that ends with a kill."""

    number: int
    pause: float
    """Simulated seconds before the run."""
    rows: tuple[PlannedRows, ...]
    faults: tuple[PlannedFault, ...]
    ack_delay: float | None
    """Seconds until Splunk acknowledges; `None`: acknowledgements are off."""
    indexer_crash: bool
    """Whether an indexer crashes and loses acknowledgements with their events."""


def planned_runs(kills: int, seed: int) -> Iterator[PlannedRun]:
    """The runs that end with a kill."""
    dice = random.Random(f"soak {seed}")  # noqa: S311  repeatable, and no secret
    return (_run(number, dice) for number in range(1, kills + 1))


def _run(number: int, dice: random.Random) -> PlannedRun:
    acknowledges = dice.random() < 0.5
    return PlannedRun(
        number,
        pause=dice.uniform(0, MAX_PAUSE),
        rows=tuple(sorted(_rows(dice) for _ in range(dice.randint(1, 4)))),
        faults=tuple(_fault(dice) for _ in range(dice.choice((0, 0, 1, 2, 3)))),
        ack_delay=dice.choice(ACK_DELAYS) if acknowledges else None,
        indexer_crash=acknowledges and dice.random() < 0.3,
    )


def _rows(dice: random.Random) -> PlannedRows:
    return PlannedRows(dice.randint(0, 20), dice.randint(1, 120), dice.choice(LATENESS))


def _fault(dice: random.Random) -> PlannedFault:
    server = dice.choice(tuple(FAULTS))
    return PlannedFault(server, {"skip": dice.randint(0, 6), "path": PATHS[server], **dice.choice(FAULTS[server])})
