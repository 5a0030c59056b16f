"""Test cases of the rule "Bulk deletion with truncated audit record"."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from tests.content.case import NOON, Mutation, RuleTestCase, exclusion
from tests.content.records import Collected, activity, arriving, at, person

RULE = "visibility/audit-truncated"

LENA = person("lena")


def _deleted(what: str, requested: int, recorded: int, time: datetime = NOON, **options: Any) -> Collected:
    counts: dict[str, Any] = {
        "requested_count": requested,
        "audited_count": recorded,
        "claude_project_id": "claude_proj_01",
    }
    kind = f"claude_project_{what}_bulk_deletion_audit_truncated"
    return activity(kind, options.pop("who", LENA), time, **counts, **options)


def test_cases() -> Iterator[RuleTestCase]:
    """What fires, and what does not."""
    nobody = {"type": "unauthenticated_user_actor", "unauthenticated_email_address": "mateo@example.com"}
    yield RuleTestCase("fires.one-file-unrecorded", [_deleted("file", 501, 500), _deleted("file", 501, 500)])
    yield RuleTestCase("fires.documents-of-an-unknown", [_deleted("document", 2400, 500, who=nobody)])
    yield RuleTestCase("fires.more-than-a-text-compares", [_deleted("file", 1000, 999)])
    yield RuleTestCase(
        "fires.twice-in-a-row", [_deleted("file", 600, 500), _deleted("file", 700, 500, at("04-15 11:35"), number=1)]
    )
    yield RuleTestCase("fires.collected-two-days-late", [_deleted("file", 600, 500, at("04-13 12:30"), collected=NOON)])
    yield RuleTestCase("quiet.all-recorded", [_deleted("file", 500, 500)])
    counts: dict[str, Any] = {"requested_count": 600, "audited_count": 500}
    yield RuleTestCase("quiet.a-project-deleted", [activity("claude_project_deleted", LENA, NOON, **counts)])
    yield RuleTestCase("quiet.collected-two-hours-ago", [_deleted("file", 600, 500, at("04-15 10:00"))])
    yield RuleTestCase("quiet.backfilled", [_deleted("file", 600, 500, backfilled=True)])
    yield RuleTestCase(
        "quiet.excluded-actor", [_deleted("file", 600, 500)], exclusion(RULE, "lena@example.com", "clears the archive")
    )
    yield RuleTestCase("quiet.excluded-id", [_deleted("file", 600, 500)], exclusion(RULE, "user_lena"))
    late = _deleted("file", 600, 500, at("04-13 12:30"))
    yield RuleTestCase("fires.arrived-two-days-late", [arriving(late, NOON)])
    yield RuleTestCase(
        "fires.excluded-from-another-rule",
        [_deleted("file", 600, 500)],
        exclusion("visibility/feed-gap", "lena@example.com"),
    )


MUTATIONS = (
    Mutation(
        "what was recorded is not taken off",
        ("unrecorded = requested - recorded", "unrecorded = requested"),
        ("unrecorded=requested - recorded", "unrecorded=requested"),
        ("quiet.all-recorded",),
    ),
)
"""Mutants that are not generated."""
