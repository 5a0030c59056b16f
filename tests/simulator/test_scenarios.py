"""The bundled scenarios: reproducible, of the documented shape, and with the special rows they are for."""

import ipaddress
import json
from collections import Counter
from typing import Any

import httpx
import pytest

from forwarder.simulator import COMPLIANCE_KEY, SCENARIOS, Issue, SimulatedClock, play, scenario
from forwarder.simulator.clock import DAY, HOUR, MINUTE
from forwarder.simulator.scenarios.all_types import actors_for, documented
from forwarder.simulator.scenarios.attack_keys import attack_person
from tests.simulator.world import NOON, NOON_US, PATH


def objects(issues: list[Issue]) -> list[dict[str, Any]]:
    return [one.activity for one in issues if isinstance(one.activity, dict)]


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_scenario_is_the_same_for_the_same_name_seed_and_now(name: str) -> None:
    first, again = (scenario(name, now=NOON, seed=7, count=300) for _ in range(2))
    assert repr(first) == repr(again)
    assert repr(first) != repr(scenario(name, now=NOON, seed=8, count=300))


def test_an_unknown_scenario_names_those_there_are() -> None:
    with pytest.raises(KeyError, match="ordinary-month"):
        scenario("nothing", now=NOON)


def test_an_ordinary_month_is_ten_thousand_activities_of_200_people_mostly_at_work() -> None:
    issues = scenario("ordinary-month", now=NOON)
    people = {row["actor"]["user_id"] for row in objects(issues) if "user_id" in row["actor"]}
    assert len(issues) == 10_000
    assert len(people) >= 200
    assert len({row["id"] for row in objects(issues)}) == 10_000
    assert all(one.created_us < one.visible_us <= NOON_US for one in issues)
    weekdays = sum((one.created_us // DAY + 3) % 7 < 5 for one in issues)
    assert weekdays > 0.9 * len(issues)


def test_addresses_and_mail_are_for_documentation() -> None:
    ranges = [
        ipaddress.ip_network(net) for net in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")
    ]
    for row in objects(scenario("attack-keys", now=NOON, count=500)):
        actor = row["actor"]
        address = ipaddress.ip_address(actor["ip_address"])
        assert any(address in net for net in ranges if net.version == address.version)
        assert actor.get("email_address", "x@example.com").endswith("@example.com")


def test_all_types_holds_every_type_with_every_actor_and_every_field() -> None:
    rows = objects(scenario("all-types", now=NOON))
    seen = {(row["type"], row["actor"]["type"]) for row in rows}
    assert seen == {(type_, actor) for type_ in documented()["activities"] for actor in actors_for(type_)}
    fullest: dict[str, set[str]] = {}
    for row in rows:
        fullest[row["type"]] = fullest.get(row["type"], set()) | paths(row)
    for type_, spec in documented()["activities"].items():
        assert set(spec["fields"] or {}) <= fullest[type_], type_


def paths(value: Any, above: str = "") -> set[str]:
    """Every path in a value, spelt as the documentation spells them."""
    found = {above}
    if isinstance(value, dict):
        for name, inner in value.items():
            found |= paths(inner, f"{above}{{}}" if name == "entry" else f"{above}.{name}".lstrip("."))
    if isinstance(value, list):
        for inner in value:
            found |= paths(inner, f"{above}[]")
    return found


def test_the_attack_uses_a_deleted_key_at_night_and_then_exports() -> None:
    rows = objects(scenario("attack-keys", now=NOON, count=1000))
    person = attack_person(1)
    ended = next(row for row in rows if row["type"] == "scoped_api_key_deleted")
    used = [row for row in rows if row["actor"].get("api_key_id") == ended["api_key_id"]]
    assert len(used) == 12
    assert all(row["created_at"] > ended["created_at"] for row in used)
    counts = Counter(row["type"] for row in rows)
    assert counts["admin_api_key_created"] == 1
    assert counts["platform_api_key_created"] >= 9
    made = next(one for one in scenario("attack-keys", now=NOON, count=1000) if "org_data_export_started" in str(one))
    assert not person.works_at(made.created_us)
    background = [row for row in rows if row["actor"].get("user_id") == person.user_id]
    assert len({row["actor"]["ip_address"] for row in background}) == 2


def test_late_rows_are_minutes_hours_and_days_late() -> None:
    delays = [one.visible_us - one.created_us for one in scenario("late-rows", now=NOON)]
    for least, most in [(0, MINUTE), (2 * MINUTE, 10 * MINUTE), (HOUR, 8 * HOUR), (DAY, 3 * DAY)]:
        assert any(least < delay < most for delay in delays)


def test_equal_timestamps_span_page_edges() -> None:
    runs = Counter(row["created_at"] for row in objects(scenario("equal-timestamps", now=NOON)))
    assert max(runs.values()) == 700


def test_many_organizations_has_twelve_organizations() -> None:
    with play("many-organizations", clock=SimulatedClock(NOON)) as feed:
        answer = httpx.get(f"{feed.url}/v1/compliance/organizations", headers={"x-api-key": COMPLIANCE_KEY})
        assert len(answer.json()["data"]) == 12


def test_hostile_rows_are_served_as_json_that_the_standard_library_reads() -> None:
    with play("hostile", clock=SimulatedClock(NOON)) as feed:
        answer = httpx.get(feed.url + PATH, params={"limit": 5000}, headers={"x-api-key": COMPLIANCE_KEY})
        rows = json.loads(answer.content)["data"]
        assert len(rows) == len(feed.issued())
        assert b"\\ud800" in answer.content
        assert b"1e400" in answer.content
        assert any(not isinstance(row, dict) for row in rows)


def test_every_hostile_row_is_served_page_by_page() -> None:
    with (
        play("hostile", clock=SimulatedClock(NOON), count=20, records_access=False) as feed,
        httpx.Client(base_url=feed.url, headers={"x-api-key": COMPLIANCE_KEY}) as client,
    ):
        rows: list[Any] = []
        params: dict[str, Any] = {"limit": 3}
        while params:
            page = json.loads(client.get(PATH, params=params).content)
            rows += page["data"]
            params = {"limit": 3, "after_id": page["last_id"]} if page["has_more"] else {}
        assert repr(rows[::-1]) == repr(feed.issued())
        ids = client.get("/_simulator/issued").json()["ids"]
        assert len(ids) == len(rows)


def test_the_rate_limited_feed_answers_429() -> None:
    with play("rate-limited", clock=SimulatedClock(NOON, speed=0)) as feed:
        with httpx.Client(headers={"x-api-key": COMPLIANCE_KEY}) as client:
            statuses = Counter(client.get(feed.url + PATH).status_code for _ in range(40))
        assert statuses[200] == 20
        assert statuses[429] == 20


def test_a_played_scenario_continues_after_now() -> None:
    clock = SimulatedClock(NOON, speed=0)
    with play("ordinary-month", clock=clock, count=3000, ahead=86_400) as feed:
        assert len(feed.issued_ids()) == 3000
        clock.advance(86_400)
        assert len(feed.issued_ids()) > 3050
