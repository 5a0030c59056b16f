"""Test cases of the rule "Forwarder dead letters increasing"."""

from collections.abc import Iterator

from tests.content.case import NOON, Mutation, RuleTestCase, exclusion
from tests.content.records import INSTANCE, Collected, arriving, at, backfilled
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
    yield RuleTestCase("quiet.grew-before-the-lookback", _report_event(0, 6, 6, first="04-14 11:29"))
    yield RuleTestCase("quiet.grew-more-after-that", [*_grown_before(), report(NOON, dead_letters=20)])
    newest = backfilled(report(NOON, dead_letters=6), NOON)
    yield RuleTestCase("quiet.backfilled", [report(at(EARLY), dead_letters=0), newest])
    yield RuleTestCase(
        "quiet.grown-days-ago", [report(at("04-12 09:00"), dead_letters=0), report(NOON, dead_letters=6)]
    )
    yield RuleTestCase("fires.grew-once-more", [*_before_that(), report(NOON, dead_letters=15)])
    late = [report(at("04-12 11:35"), dead_letters=0), report(at("04-13 11:30"), dead_letters=6)]
    yield RuleTestCase("fires.arrived-two-days-late", [arriving(one, NOON) for one in late])
    yield RuleTestCase("fires.after-a-check", [*_report_event(0, 6), check_report(at("04-15 11:50")), _without()])
    yield RuleTestCase("quiet.excluded-instance", _report_event(0, 6), _excluded(RULE))
    yield RuleTestCase(
        "fires.excluded-from-another-rule", _report_event(0, 6), _excluded("visibility/forwarder-silent")
    )


def _grown_before() -> list[Collected]:
    """An increase that earlier runs reported."""
    return [report(at(EARLY), dead_letters=0), report(at("04-15 10:00"), dead_letters=6)]


def _before_that() -> list[Collected]:
    """An increase that was over a day ago when the last report known before came in."""
    times = (at("04-13 08:00"), at("04-13 09:00"), at("04-15 10:00"))
    return [report(time, dead_letters=count) for time, count in zip(times, (0, 9, 9), strict=True)]


def _without() -> Collected:
    """A report without dead letters, as older versions sent."""
    return report(at("04-15 11:40"), dead_letters=None)


def _excluded(rule: str) -> dict[str, str]:
    return exclusion(rule, INSTANCE, "the table is being changed")


MUTATIONS = (
    Mutation(
        "compared with the most there were",
        ("least_letters = min(letters)", "least_letters = max(letters)"),
        ("min(in_period) AS least_letters", "max(in_period) AS least_letters"),
        ("fires.five-in-a-day",),
    ),
)
"""Mutants that are not generated."""
FOUND_FAST = "whatever holds dead letters is of this class, which is found fast"
EQUIVALENT = {"kql: without `class_uid == 6002`": FOUND_FAST, "spl: without `claude_class=6002`": FOUND_FAST}
