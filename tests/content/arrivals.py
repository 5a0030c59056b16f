"""How the findings of a rule depend on when its events arrive: late, in bulk, twice, backfilled.

`python -m tests.content.arrivals [RULE …]` plays each rule on its schedule over all its firing test cases and prints
what differs.
"""

import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from tests.content.case import RuleTestCase, cases
from tests.content.execute import content
from tests.content.records import NOW, Collected
from tests.content.schedule import (
    WATCHED,
    Identity,
    delivered,
    play,
    runs,
    twice,
    with_backfilled_copies,
    with_backfilled_history,
)
from tools.content.folder import Detection

DETECTIONS = {detection.folder: detection for detection in content().detections}
DELAYS = tuple(timedelta(minutes=minutes) for minutes in (16, 74, 80, 26 * 60, 3 * 24 * 60))
FEW_DELAYS = DELAYS[1], DELAYS[-1]
"""In every run of the tests. All are played by the command."""
FRESH = timedelta(minutes=75)


class Difference(NamedTuple):
    """What another arrival changes."""

    test_case: str
    arrival: str
    language: str
    missed: set[Identity]
    more: set[Identity]
    repeated: set[Identity]


def _late(delay: timedelta) -> str:
    return f"{delay} late"


def arrivals(
    detection: Detection, events: list[Collected], delays: Iterable[timedelta]
) -> Iterator[tuple[str, list[Collected], list[datetime]]]:
    """Ways in which the same events arrive: name, events, runs."""
    for delay in delays:
        late = delivered(events, delay)
        yield _late(delay), late, runs(detection, late, NOW - WATCHED + delay, NOW + delay)
    for name, copied in (
        ("twice", twice(events, timedelta(hours=3))),
        ("a backfilled copy later", with_backfilled_copies(events, timedelta(hours=3))),
        ("a backfilled copy before", with_backfilled_copies(events, -timedelta(hours=30))),
    ):
        at = {*runs(detection, copied), *runs(detection, copied, end=NOW + timedelta(hours=3))}
        yield name, copied, sorted(at)


def differences(detection: Detection, test_case: RuleTestCase, delays: Iterable[timedelta]) -> Iterator[Difference]:
    """Findings that depend on how the events of a test case arrive."""
    at_once = play(detection, test_case.events, test_case.lookups, runs(detection, test_case.events))
    for language, played in at_once.items():
        assert played.raised, f"{test_case.name}: {language} raises nothing at all"
        if played.repeated():
            yield Difference(test_case.name, "at once", language, set(), set(), set(played.repeated()))
    for name, events, at in arrivals(detection, test_case.events, delays):
        for language, played in play(detection, events, test_case.lookups, at).items():
            expected, raised = set(at_once[language].raised), set(played.raised)
            if raised != expected or played.repeated():
                yield Difference(
                    test_case.name, name, language, expected - raised, raised - expected, set(played.repeated())
                )
    history = with_backfilled_history(test_case.events, FRESH)
    at_first = play(detection, test_case.events, test_case.lookups, [NOW])
    for language, played in play(detection, history, test_case.lookups, [NOW]).items():
        missed = set(at_first[language].raised) - set(played.raised)
        if missed:
            yield Difference(test_case.name, "after a backfilled history", language, missed, set(), set())


def firing(rule: str) -> list[RuleTestCase]:
    """The firing test cases of a rule."""
    return [test_case for test_case in cases()[rule].test_cases if test_case.fires]


def unexplained(rule: str, test_cases: Iterable[RuleTestCase], delays: Sequence[timedelta]) -> list[Difference | str]:
    """The differences that no exception of the rule explains, and exceptions where nothing differs."""
    found = [one for test_case in test_cases for one in differences(DETECTIONS[rule], test_case, delays)]
    exceptions = cases()[rule].arrival_exceptions
    not_played = {_late(delay) for delay in DELAYS if delay not in delays}
    idle = exceptions.keys() - {one.arrival for one in found} - not_played
    return [*(one for one in found if one.arrival not in exceptions), *(f"{name}: nothing differs" for name in idle)]


def main() -> None:
    """Prints the differences of all firing test cases."""
    for rule in sys.argv[1:] or cases():
        found = unexplained(rule, firing(rule), DELAYS)
        sys.stdout.write(f"{rule}: {len(firing(rule))} test cases, {len(found)} differences\n")
        sys.stdout.writelines(f"  {one}\n" for one in found)
        sys.stdout.flush()


if __name__ == "__main__":
    main()
