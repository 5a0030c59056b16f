"""Test cases of the rule "Compliance API requests repeatedly denied"."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from tests.content.case import NOON, Mutation, RuleTestCase, exclusion
from tests.content.records import Collected, arriving, at
from tests.content.records_visibility import called

RULE = "visibility/compliance-api-denied"

KEY = "apikey_01Probe"


def _refused(
    count: int, first: str = "04-15 11:01", status: int = 403, key: str = KEY, **options: Any
) -> list[Collected]:
    """A call a minute."""
    times = [at(first) + timedelta(minutes=number) for number in range(count)]
    return [called(key, time, status, **{"collected": NOON, **options}) for time in times]


def test_cases() -> Iterator[RuleTestCase]:
    """What fires, and what does not."""
    nobody = {"type": "api_actor"}
    yield RuleTestCase("fires.ten-in-an-hour", _refused(10))
    yield RuleTestCase("fires.both-kinds", [*_refused(6, status=401), *_refused(4, "04-15 11:20")])
    yield RuleTestCase("fires.no-key-and-no-address-known", _refused(10, status=401, actor=nobody))
    yield RuleTestCase("fires.found-late", [*_refused(9, "04-13 14:00", collected=None), *_refused(1, "04-13 14:30")])
    arrived = [arriving(one, NOON) for one in _refused(10, "04-15 09:01", collected=None)]
    yield RuleTestCase("fires.arrived-late", arrived)
    history = _refused(10, "04-15 09:01", collected=at("04-15 10:00"), backfilled=True)
    yield RuleTestCase("fires.one-more-after-a-backfill", [*history, *_refused(1, "04-15 09:30")])
    yield RuleTestCase("quiet.nine", _refused(9))
    yield RuleTestCase("quiet.the-same-rows-twice", _refused(5) * 2)
    yield RuleTestCase("quiet.in-two-hours", [*_refused(5, "04-15 10:55"), *_refused(5, "04-15 11:00")])
    yield RuleTestCase("quiet.two-keys", [*_refused(5), *_refused(5, key="apikey_01Other")])
    yield RuleTestCase("quiet.two-addresses", [*_refused(5), *_refused(5, "04-15 11:20", ip="198.51.100.8")])
    yield RuleTestCase("quiet.answered", _refused(10, status=200))
    yield RuleTestCase("quiet.asked-for-too-much", _refused(10, status=429))
    yield RuleTestCase("quiet.collected-two-hours-ago", _refused(10, "04-15 09:01", collected=at("04-15 10:00")))
    more = [*_refused(10, "04-15 09:01", collected=at("04-15 10:00")), *_refused(1, "04-15 09:30")]
    yield RuleTestCase("quiet.reported-before", more)
    yield RuleTestCase("quiet.backfilled", _refused(10, backfilled=True))
    yield RuleTestCase("quiet.older-than-the-lookback", _refused(10, "04-10 11:01"))
    yield RuleTestCase("quiet.excluded-key", _refused(10), exclusion(RULE, KEY, "being rotated"))
    yield RuleTestCase(
        "fires.excluded-from-another-rule", _refused(10), exclusion("visibility/compliance-api-new-reader", KEY)
    )


MUTATIONS = (
    Mutation(
        "a call without a key is nobody's",
        ("iff(isnotempty(actor_uid), actor_uid, 'unknown')", "iff(isnotempty(actor_uid), actor_uid, event_uid)"),
        ('coalesce(actor_uid, "unknown")', "actor_uid"),
        ("fires.no-key-and-no-address-known",),
    ),
    Mutation(
        "the address does not matter",
        ("iff(isnotempty(src_ip), src_ip, 'unknown')", "'unknown'"),
        ('coalesce(src_ip, "unknown")', '"unknown"'),
        ("quiet.two-addresses",),
    ),
    Mutation(
        "only living keys count",
        ("http_status in (401, 403)", "http_status in (403)"),
        ("(http_response.code=401 OR http_response.code=403)", "http_response.code=403"),
        ("fires.both-kinds",),
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
