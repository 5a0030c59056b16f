"""Test cases of the rule "Compliance API accessed by new key"."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from tests.content.case import NOON, Mutation, RuleTestCase, exclusion
from tests.content.records import Collected, activity, arriving, at, key_actor
from tests.content.records_visibility import called

RULE = "visibility/compliance-api-new-reader"

FORWARDER, NEW = "apikey_01Forwarder", "apikey_01New"
FIRST = NOON - timedelta(days=3)
"""The forwarder's own first call, as much earlier as the history has to go back."""
COPY = "203.0.113.77"


def _past(**options: Any) -> list[Collected]:
    """The forwarder's own calls."""
    return [called(FORWARDER, time, **options) for time in (FIRST, at("04-13 08:00"), at("04-15 08:00"))]


def _new(**options: Any) -> Collected:
    return called(NEW, NOON, ip=COPY, **options)


def _reported_before() -> list[Collected]:
    """A call that earlier runs saw, and one before it that they did not."""
    return [called(NEW, at("04-15 10:00")), arriving(called(NEW, at("04-15 09:00")), NOON)]


def test_cases() -> Iterator[RuleTestCase]:
    """What fires, and what does not."""
    yield RuleTestCase("fires.first-call", [*_past(), _new()])
    elsewhere = called(NEW, at("04-15 11:31"), ip="203.0.113.78")
    yield RuleTestCase("fires.from-two-addresses", [*_past(), _new(), elsewhere, _new()])
    yield RuleTestCase("fires.no-address-known", [*_past(), _new(actor={"type": "api_actor", "api_key_id": NEW})])
    yield RuleTestCase("fires.refused-until-now", [*_past(), called(NEW, at("04-14 08:00"), 403), _new()])
    yield RuleTestCase("fires.history-that-was-backfilled", [*_past(backfilled=True), _new()])
    worked = activity("platform_file_content_downloaded", key_actor(NEW), at("04-14 08:00"))
    yield RuleTestCase("fires.known-from-other-work", [*_past(), worked, _new()])
    yield RuleTestCase("quiet.called-thirteen-days-ago", [*_past(), called(NEW, at("04-02 12:30")), _new()])
    yield RuleTestCase("quiet.called-within-the-history", [*_past(), called(NEW, at("04-11 08:00")), _new()])
    yield RuleTestCase("quiet.called-in-backfill", [*_past(), called(NEW, at("04-14 08:00"), backfilled=True), _new()])
    yield RuleTestCase("quiet.a-minute-too-little-history", [called(FORWARDER, FIRST + timedelta(minutes=1)), _new()])
    yield RuleTestCase("quiet.history-without-a-key", [called("", FIRST, actor={"type": "api_actor"}), _new()])
    yield RuleTestCase("quiet.only-refused", [*_past(), called(NEW, NOON, 403)])
    before = called(FORWARDER, at("04-11 08:00"))
    yield RuleTestCase("quiet.collected-two-hours-ago", [before, called(NEW, at("04-15 10:00")), _new()])
    yield RuleTestCase("quiet.an-earlier-call-arrives-later", [before, *_reported_before()])
    yield RuleTestCase("fires.arrived-late", [before, arriving(called(NEW, at("04-15 09:00")), NOON)])
    yield RuleTestCase("quiet.backfilled", [*_past(), _new(backfilled=True)])
    yield RuleTestCase("quiet.excluded-key", [*_past(), _new()], exclusion(RULE, NEW, "a rotation"))
    yield RuleTestCase(
        "fires.excluded-from-another-rule", [*_past(), _new()], exclusion("visibility/compliance-api-denied", NEW)
    )


MUTATIONS = (
    Mutation(
        "its last call counts, not its first",
        ("first_call = min(event_time)", "first_call = max(event_time)"),
        ("sort 0 event_time str(event_uid)", "sort 0 -event_time str(event_uid)"),
        ("quiet.called-in-backfill",),
    ),
)
"""Mutants that are not generated."""

ONLY_CALLS = (
    "of all events of this stream only calls to the Compliance API hold an HTTP status; the code finds them fast"
)
EQUIVALENT = {
    "kql: without `event_code == 'compliance_api_accessed'`": ONLY_CALLS,
    "spl: without `claude_code=compliance_api_accessed`": ONLY_CALLS,
}
