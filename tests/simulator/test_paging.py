"""The order of the feed and the page next to a cursor."""

from typing import Any

import httpx
import pytest

from tests.simulator.world import PATH, feed_of, issue, names

FIVE = [issue(name, seconds) for seconds, name in enumerate("abcde")]


def walk(client: httpx.Client, cursor: str, **params: str | int) -> list[str]:
    """Every page of a walk by `cursor` until `has_more` is false, each as its names."""
    pages: list[str] = []
    while True:
        answer = client.get(PATH, params=params)
        page = answer.json()
        pages.append(names(answer))
        if not page["has_more"]:
            return pages
        params[cursor] = page["last_id" if cursor == "after_id" else "first_id"]


def test_newest_come_first_unless_ascending_order_is_asked_for() -> None:
    with feed_of(*FIVE) as (_, client):
        assert names(client.get(PATH)) == "e d c b a"
        assert names(client.get(PATH, params={"order": "asc"})) == "a b c d e"


def test_after_id_continues_in_the_order_asked_for() -> None:
    with feed_of(*FIVE) as (_, client):
        assert walk(client, "after_id", limit=2) == ["e d", "c b", "a"]
        assert walk(client, "after_id", limit=2, order="asc") == ["a b", "c d", "e"]


def test_before_id_gives_the_page_adjacent_to_the_cursor_in_the_same_order() -> None:
    with feed_of(*FIVE) as (_, client):
        assert walk(client, "before_id", limit=2, before_id="activity_a") == ["c b", "e d"]
        assert walk(client, "before_id", limit=2, before_id="activity_e", order="asc") == ["c d", "a b"]


def test_equal_timestamps_are_ordered_by_id_and_no_page_edge_loses_one() -> None:
    same = [issue(name, 5) for name in "dbeca"]
    with feed_of(*same) as (_, client):
        assert walk(client, "after_id", limit=2) == ["e d", "c b", "a"]
        assert walk(client, "before_id", limit=2, before_id="activity_a") == ["c b", "e d"]


def test_cursors_may_be_tokens_that_are_no_ids() -> None:
    with feed_of(*FIVE, opaque_cursors=True) as (_, client):
        assert client.get(PATH).json()["last_id"].startswith("cursor_")
        assert walk(client, "after_id", limit=2) == ["e d", "c b", "a"]
        assert client.get(PATH, params={"after_id": "activity_a"}).status_code == 400


def test_a_page_past_the_end_is_empty_and_its_ids_are_null() -> None:
    with feed_of(*FIVE) as (_, client):
        page = client.get(PATH, params={"before_id": "activity_e"}).json()
        assert page == {"data": [], "has_more": False, "first_id": None, "last_id": None}


@pytest.mark.parametrize(("bound", "found"), [("gt", "e d"), ("gte", "e d c"), ("lt", "b a"), ("lte", "c b a")])
def test_each_time_bound_includes_or_excludes_its_limit(bound: str, found: str) -> None:
    with feed_of(*FIVE) as (_, client):
        assert names(client.get(PATH, params={f"created_at.{bound}": "2026-11-20T13:00:02+01:00"})) == found


def test_a_cursor_holds_within_a_window() -> None:
    with feed_of(*FIVE) as (_, client):
        window = {"created_at.gte": "2026-11-20T12:00:01Z", "created_at.lt": "2026-11-20T12:00:04Z"}
        assert walk(client, "after_id", limit=2, **window) == ["d c", "b"]
        assert walk(client, "after_id", limit=2, order="asc", **window) == ["b c", "d"]


def test_filters_choose_by_type_actor_and_organization() -> None:
    other: dict[str, Any] = {"organization_id": "org_two", "organization_uuid": "22222222-0000-4000-8000-000000000002"}
    rows = [issue("a", 1), issue("b", 2, type="claude_chat_created"), issue("c", 3, **other)]
    ben = issue("d", 4, actor={"type": "user_actor", "user_id": "user_ben"})
    with feed_of(*rows, ben) as (_, client):
        for param, value, found in [
            ("activity_types[]", "claude_chat_created", "b"),
            ("exclude_activity_types[]", "claude_chat_viewed", "b"),
            ("organization_ids[]", "org_two", "c"),
            ("organization_ids[]", other["organization_uuid"], "c"),
            ("actor_ids[]", "user_ben", "d"),
            ("user_ids[]", "user_ben", "d"),
        ]:
            assert names(client.get(PATH, params={param: value})) == found
        page = client.get(PATH, params={"user_ids[]": "user_ada", "limit": 2})
        assert (names(page), page.json()["has_more"]) == ("c b", True)


def test_an_older_api_ignores_the_order_and_another_refuses_it() -> None:
    with feed_of(*FIVE, order="ignored") as (_, client):
        assert names(client.get(PATH, params={"order": "asc"})) == "e d c b a"
    with feed_of(*FIVE, order="refused") as (_, client):
        assert client.get(PATH, params={"order": "asc"}).status_code == 400


def test_a_page_has_a_hundred_rows_by_default() -> None:
    with feed_of(*(issue(f"{n:04}", n / 10) for n in range(5001))) as (_, client):
        assert len(client.get(PATH).json()["data"]) == 100
        assert len(client.get(PATH, params={"limit": 5000}).json()["data"]) == 5000
