"""Test cases of the rule "Forwarder dead letters increasing"."""

from collections.abc import Iterator

from tests.content.case import NOON, Mutation, RuleTestCase, exclusion
from tests.content.records import INSTANCE, Collected, at
from tests.content.records_visibility import SECOND, check_report, report

RULE = "visibility/dead-letters-growing"

EARLY = "04-14 12:30"


def _report_event(*dead_letters: int, first: str = EARLY) -> list[Collected]:
    """So many dead letters at first, every five minutes after eleven, and at last."""
    times = [at(first), *(at(f"04-15 11:{5 * number:02}") for number in range(1, len(dead_letters) - 1)), NOON]
    return [report(time, dead_letters=count, backlog=7) for time, count in zip(times, dead_letters, strict=True)]


def test_cases() -> Iterator[RuleTestCase]:
    """What fires, and what does not."""
    yield RuleTestCase("fires.five-in-a-day", [*_report_event(3, 8), *_report_event(3, 8)])
    yield RuleTestCase("fires.gradually", _report_event(0, 2, 3, 5))
    yield RuleTestCase("fires.after-all-were-dropped", _report_event(90, 0, 6))
    yield RuleTestCase("fires.from-nine-to-ten-and-more", _report_event(9, 14))
    elsewhere = [report(time, instance=SECOND, dead_letters=40) for time in (at(EARLY), NOON)]
    yield RuleTestCase("fires.at-one-of-two", [*_report_event(0, 6), *elsewhere])
    yield RuleTestCase("quiet.four-in-a-day", _report_event(3, 7))
    yield RuleTestCase("quiet.many-for-long", _report_event(90, 90, 90))
    yield RuleTestCase("quiet.replayed", _report_event(0, 6, 2))
    yield RuleTestCase(
        "quiet.no-report-for-two-hours", [*_report_event(0, 4)[:1], report(at("04-15 10:00"), dead_letters=6)]
    )
    yield RuleTestCase("quiet.grew-before-the-lookback", _report_event(0, 6, 6, first="04-14 11:30"))
    yield RuleTestCase("fires.after-a-check", [*_report_event(0, 6), check_report(at("04-15 11:50")), _without()])
    yield RuleTestCase("quiet.excluded-instance", _report_event(0, 6), _excluded(RULE))
    yield RuleTestCase(
        "fires.excluded-from-another-rule", _report_event(0, 6), _excluded("visibility/forwarder-silent")
    )


def _without() -> Collected:
    """A report without dead letters, as older versions sent."""
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
"""Mutants that are not generated."""
FOUND_FAST = "whatever holds dead letters is of this class, which is found fast"
EQUIVALENT = {"kql: without `class_uid == 6002`": FOUND_FAST, "spl: without `claude_class=6002`": FOUND_FAST}
