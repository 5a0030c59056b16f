"""Rows that are created now and can be read later, by the simulated clock."""

from email.utils import parsedate_to_datetime

from forwarder.simulator.keys import ADMIN_KEY
from tests.simulator.world import PATH, feed_of, issue, names, standing_clock


def test_a_row_is_not_served_before_it_is_visible_and_then_in_its_place() -> None:
    clock = standing_clock(10)
    with feed_of(issue("a", 1), issue("late", 2, late=3600), issue("c", 3), clock=clock) as (feed, client):
        assert names(client.get(PATH)) == "c a"
        assert client.get(PATH, params={"after_id": "activity_late"}).status_code == 400
        assert (feed.issued_ids(), feed.hidden_count()) == (["activity_a", "activity_c"], 1)
        clock.advance(3600)
        assert names(client.get(PATH)) == "c late a"
        assert [row["id"] for row in feed.issued()] == ["activity_a", "activity_late", "activity_c"]


def test_a_late_row_appears_behind_an_ascending_cursor() -> None:
    clock = standing_clock(10)
    with feed_of(issue("a", 1), issue("late", 2, late=60), issue("c", 3), clock=clock) as (_, client):
        clock.advance(60)
        assert names(client.get(PATH, params={"order": "asc", "after_id": "activity_c"})) == ""


def test_a_day_passes_in_a_second_when_the_clock_is_fast() -> None:
    clock = standing_clock(10)
    with feed_of(issue("tomorrow", 86_400), clock=clock) as (_, client):
        client.post("/_simulator/clock", json={"speed": 1e9}).raise_for_status()
        assert names(client.get(PATH)) == "tomorrow"


def test_the_date_header_has_the_simulators_time() -> None:
    with feed_of(clock=standing_clock(90)) as (_, client):
        date = parsedate_to_datetime(client.get(PATH).headers["date"])
        assert date.isoformat() == "2026-11-20T12:01:30+00:00"


def test_every_call_becomes_an_activity_of_its_key() -> None:
    clock = standing_clock(60)
    with feed_of(clock=clock, records_access=True, access_delay=5) as (_, client):
        first = client.get(PATH, params={"limit": 7})
        client.get(PATH, headers={"x-api-key": ADMIN_KEY})
        assert first.json()["data"] == []
        clock.advance(5)
        rows = {row["actor"]["type"]: row for row in client.get(PATH).json()["data"]}
        assert set(rows) == {"api_actor", "admin_api_key_actor"}
        seen = rows["api_actor"]
        assert (seen["type"], seen["status_code"]) == ("compliance_api_accessed", 200)
        assert seen["request_id"] == first.headers["request-id"]
        assert seen["url"] == "https://api.anthropic.com/v1/compliance/activities?limit=7"
