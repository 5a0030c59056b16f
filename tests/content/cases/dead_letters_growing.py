"""Events are put aside."""

from collections.abc import Iterator

from tests.content.case import NOON, Mutation, Story, exclusion
from tests.content.records import INSTANCE, Collected, at
from tests.content.records_visibility import SECOND, report, trial

RULE = "visibility/dead-letters-growing"

EARLY = "04-14 12:30"


def _said(*dead_letters: int, first: str = EARLY) -> list[Collected]:
    """So many dead letters at first, every five minutes after eleven, and at last."""
    times = [at(first), *(at(f"04-15 11:{5 * number:02}") for number in range(1, len(dead_letters) - 1)), NOON]
    return [report(time, dead_letters=count, backlog=7) for time, count in zip(times, dead_letters, strict=True)]


def stories() -> Iterator[Story]:
    """What fires, and what does not."""
    yield Story("fires.five-in-a-day", [*_said(3, 8), *_said(3, 8)])
    yield Story("fires.by-and-by", _said(0, 2, 3, 5))
    yield Story("fires.after-all-were-dropped", _said(90, 0, 6))
    yield Story("fires.from-nine-to-ten-and-more", _said(9, 14))
    elsewhere = [report(time, instance=SECOND, dead_letters=40) for time in (at(EARLY), NOON)]
    yield Story("fires.at-one-of-two", [*_said(0, 6), *elsewhere])
    yield Story("quiet.four-in-a-day", _said(3, 7))
    yield Story("quiet.many-for-long", _said(90, 90, 90))
    yield Story("quiet.replayed", _said(0, 6, 2))
    yield Story("quiet.silent-for-two-hours", [*_said(0, 4)[:1], report(at("04-15 10:00"), dead_letters=6)])
    yield Story("quiet.grew-before-the-lookback", _said(0, 6, 6, first="04-14 11:30"))
    yield Story("fires.tried-out-at-last", [*_said(0, 6), trial(at("04-15 11:50")), _without()])
    yield Story("quiet.excluded-instance", _said(0, 6), _excluded(RULE))
    yield Story("fires.excluded-from-another-rule", _said(0, 6), _excluded("visibility/forwarder-silent"))


def _without() -> Collected:
    """A report that knows of no letters, as older ones did."""
    return report(at("04-15 11:40"), dead_letters=None)


def _excluded(rule: str) -> dict[str, str]:
    return exclusion(rule, INSTANCE, "the table is being changed")


MUTATIONS = (
    Mutation(
        "compared with the most there were",
        ("least_letters = min(letters)", "least_letters = max(letters)"),
        ("min(letters) AS least_letters", "max(letters) AS least_letters"),
        ("fires.five-in-a-day",),
    ),
)
"""What the machine does not try by itself."""
FOUND_FAST = "whatever holds dead letters is of this class, which is found fast"
EQUIVALENT = {"kql: without `class_uid == 6002`": FOUND_FAST, "spl: without `claude_class=6002`": FOUND_FAST}
