"""Clients of the simulated Admin API and walks through its lists and reports."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import httpx

from forwarder.simulator import ADMIN_KEY, ConsoleOrganization, FeedServer, SimulatedClock, company
from tests.simulator.world import NOON

ROOT = "/v1/organizations"
MESSAGES = f"{ROOT}/usage_report/messages"
COST = f"{ROOT}/cost_report"
CODE = f"{ROOT}/usage_report/claude_code"
FIRST = "2023-06-01"
SCOPED = "2026-10-21"
DAY = datetime.fromisoformat("2026-11-18T00:00:00Z")
"""A Wednesday that is over."""
NEXT_DAY = datetime.fromisoformat("2026-11-19T00:00:00Z")

World = tuple[ConsoleOrganization, FeedServer, httpx.Client]


@contextmanager
def admin_api(name: str = "ordinary-month", **options: Any) -> Iterator[World]:
    """The organization of a scenario at noon, where time stands still, its server, and a client with the Admin key."""
    clock = SimulatedClock(NOON, speed=0)
    organization = company(name, clock=clock, now_us=clock.now_us())
    headers = {"x-api-key": ADMIN_KEY, "anthropic-version": FIRST}
    with (
        FeedServer(clock=clock, organization=organization, **options) as server,
        httpx.Client(base_url=server.url, headers=headers) as client,
    ):
        yield organization, server, client


def good(answer: httpx.Response) -> Any:
    """The body of an answer that must be well."""
    assert answer.status_code == 200, answer.text
    return answer.json()


def refused(answer: httpx.Response) -> tuple[int, str, str]:
    """Status, type and message of a refusal, which must have the documented shape."""
    body = answer.json()
    assert body["type"] == "error"
    assert body["request_id"] == answer.headers["request-id"]
    return answer.status_code, body["error"]["type"], body["error"]["message"]


def ids(page: Any) -> list[str]:
    """The ids of a list's page."""
    return [item["id"] for item in page["data"]]


def walk_list(client: httpx.Client, path: str, **params: Any) -> list[list[Any]]:
    """Every page of a list by `after_id`."""
    pages = []
    while True:
        page = good(client.get(path, params=params))
        pages.append(page["data"])
        if not page["has_more"]:
            return pages
        params["after_id"] = page["last_id"]


def walk_report(client: httpx.Client, path: str, **params: Any) -> list[Any]:
    """Every bucket (or record) of a report, page after page."""
    data: list[Any] = []
    while True:
        page = good(client.get(path, params=params))
        data += page["data"]
        if not page["has_more"]:
            assert page["next_page"] is None
            return data
        params["page"] = page["next_page"]


def tokens(results: list[Any]) -> tuple[int, ...]:
    """The sums of all counts of some results, in the order of `Counts`."""
    rows = [
        (
            result["uncached_input_tokens"],
            result["cache_creation"]["ephemeral_5m_input_tokens"],
            result["cache_creation"]["ephemeral_1h_input_tokens"],
            result["cache_read_input_tokens"],
            result["output_tokens"],
            result["server_tool_use"]["web_search_requests"],
        )
        for result in results
    ]
    return tuple(map(sum, zip(*rows, strict=True))) if rows else (0,) * 6


def results(buckets: list[Any]) -> list[Any]:
    """The results of all buckets together."""
    return [result for bucket in buckets for result in bucket["results"]]
