"""The report of `claude-siem splunk|sentinel verify`, for people and for machines."""

from collections.abc import Iterator
from typing import Any

from forwarder.siem.results import RuleResult, VerificationReport

_HEAD = ("rule", "parsed", "run", "agreed", "disagreed", "inconclusive", "skipped")
_ROW = "{:<50} {:>6} {:>5} {:>7} {:>10} {:>13} {:>8}"


def lines_of(report: VerificationReport) -> Iterator[str]:
    """A line for each rule, below it the test cases that did not agree, at the end the totals."""
    yield _ROW.format(*_HEAD)
    for rule in report.rules:
        yield _ROW.format(*_numbers(rule).values())
        if rule.error:
            yield f"    not parsed: {rule.error}"
        failed = (one for one in rule.test_cases if one.outcome != "agreed")
        yield from (f"    {one.outcome} {one.test_case}: {one.text}" for one in failed)
    yield from (f"note: {note}" for note in report.notes)
    if any(rule.skipped for rule in report.rules):
        yield "skipped: test cases that need entries in a lookup; your lookups are not changed"
    yield _totals(report)


def summary_of(report: VerificationReport) -> dict[str, Any]:
    """The same as one object."""
    rules = [
        {
            **_numbers(rule),
            "parsed": not rule.error,
            "error": rule.error,
            "test_cases": [one._asdict() for one in rule.test_cases],
        }
        for rule in report.rules
    ]
    return {"run": report.run, "place": report.place, "rules": rules, "notes": report.notes}


def _numbers(rule: RuleResult) -> dict[str, Any]:
    values = (
        rule.rule,
        "no" if rule.error else "yes",
        len(rule.test_cases),
        rule.count("agreed"),
        rule.count("disagreed"),
        rule.count("inconclusive"),
        rule.skipped,
    )
    return dict(zip(_HEAD, values, strict=True))


def _totals(report: VerificationReport) -> str:
    verified = sum(rule.verified for rule in report.rules)
    test_cases = sum(len(rule.test_cases) for rule in report.rules)
    agreed = sum(rule.count("agreed") for rule in report.rules)
    return (
        f"{verified} of {len(report.rules)} rules verified, {agreed} of {test_cases} test cases agreed; "
        f"the events are in {report.place}, run {report.run}"
    )
