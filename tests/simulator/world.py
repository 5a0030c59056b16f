"""Builders of small feeds and clients for them."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import httpx

from forwarder.simulator import COMPLIANCE_KEY, FeedServer, Issue, SimulatedClock
from forwarder.simulator.clock import SECOND, micros, rfc3339

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
NOON_US = micros(NOON)
PATH = "/v1/compliance/activities"


def activity(name: str, at_us: int, **fields: Any) -> dict[str, Any]:
    """A small activity; `name` ends its id."""
    return {
        "id": f"activity_{name}",
        "created_at": rfc3339(at_us),
        "organization_id": "org_one",
        "organization_uuid": "00000000-0000-4000-8000-000000000001",
        "actor": {"type": "user_actor", "user_id": "user_ada", "email_address": "ada@example.com"},
        "type": "claude_chat_viewed",
        **fields,
    }


def issue(name: str, seconds: float, *, late: float = 1.0, **fields: Any) -> Issue:
    """An activity so many seconds after noon, visible `late` seconds after that."""
    at_us = NOON_US + round(seconds * SECOND)
    return Issue(at_us + round(late * SECOND), at_us, activity(name, at_us, **fields))


def standing_clock(seconds: float = 3600.0) -> SimulatedClock:
    """A clock that stands still so long after noon."""
    clock = SimulatedClock(NOON, speed=0)
    clock.advance(seconds)
    return clock


@contextmanager
def feed_of(*issues: Issue, **options: Any) -> Iterator[tuple[FeedServer, httpx.Client]]:
    """A running feed and a client with the compliance key. Its own calls leave no rows unless asked to."""
    options = {"clock": standing_clock(), "records_access": False, **options}
    headers = {"x-api-key": COMPLIANCE_KEY}
    with FeedServer(issues, **options) as feed, httpx.Client(base_url=feed.url, headers=headers) as client:
        yield feed, client


def names(answer: httpx.Response) -> str:
    """The names of a page's rows in order, joined by blanks."""
    return " ".join(row["id"].removeprefix("activity_") for row in answer.json()["data"])
