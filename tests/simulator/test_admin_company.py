"""The organization matches the activities: the same people and keys, and the notable objects."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from forwarder.simulator import ADMIN_KEY, SimulatedClock, play, scenario
from forwarder.simulator.clock import DAY, HOUR, from_micros
from tests.simulator.admin_world import FIRST, MESSAGES, ROOT, admin_api, good
from tests.simulator.world import NOON, NOON_US

WEEK_AGO = from_micros(NOON_US - 7 * DAY)


@pytest.mark.parametrize("name", ["ordinary-month", "attack-keys", "late-rows", "many-organizations"])
def test_who_acts_in_the_feed_is_a_user_of_the_organization(name: str) -> None:
    with admin_api(name) as (organization, _, _):
        users = {user.id: user.email for user in organization.users()}
        for issue in scenario(name, now=NOON, count=300):
            row: Any = issue.activity
            if row["organization_uuid"] == organization.uuid and "user_id" in row["actor"]:
                assert users[row["actor"]["user_id"]] == row["actor"]["email_address"]
        assert len(users) == (20 if name == "many-organizations" else 240)


def test_a_played_scenario_brings_its_organization() -> None:
    with play("attack-keys", clock=SimulatedClock(NOON, speed=0), count=10) as feed:
        headers = {"x-api-key": ADMIN_KEY, "anthropic-version": FIRST}
        answer = httpx.get(f"{feed.url}{ROOT}/api_keys", params={"limit": 1000}, headers=headers)
        listed = {key["id"]: key["status"] for key in good(answer)["data"]}
        made = {row["api_key_id"] for row in feed.issued() if row["type"] == "platform_api_key_created"}
        assert len(made) == 10
        assert made <= set(listed)
        assert listed[feed.organization.landmarks.inactive_but_used] == "inactive"


@pytest.mark.parametrize("name", ["ordinary-month", "attack-keys"])
def test_an_inactive_key_is_used_one_is_old_and_one_has_a_departed_owner(name: str) -> None:
    with admin_api(name) as (organization, _, _):
        marks, keys = organization.landmarks, {key.id: key for key in organization.api_keys()}
        used = {key for (key,) in organization.usage_totals(WEEK_AGO, NOON, ("api_key_id",))}
        assert {marks.inactive_but_used, marks.old_and_used, marks.owner_departed} <= used
        assert keys[marks.inactive_but_used].status == "inactive"
        assert keys[marks.old_and_used].created_us < NOON_US - 90 * DAY
        assert keys[marks.owner_departed].created_by not in {user.id for user in organization.users()}
        owners = [key.created_by for key in keys.values() if key.id != marks.owner_departed]
        assert set(owners) <= {user.id for user in organization.users()}


def test_in_the_attack_a_user_uses_ten_times_their_tokens_for_an_hour() -> None:
    with admin_api("attack-keys") as (organization, _, client):
        marks = organization.landmarks
        assert marks.spike_us is not None
        asked = {
            "starting_at": (from_micros(marks.spike_us) - timedelta(days=3)).isoformat(),
            "bucket_width": "1h",
            "limit": "120",
            "account_ids[]": marks.spiking_user,
        }
        buckets = good(client.get(MESSAGES, params=asked))["data"]
        hours = {
            bucket["starting_at"]: sum(result["output_tokens"] for result in bucket["results"])
            for bucket in buckets
            if bucket["results"]
        }
        burst = hours.pop(from_micros(marks.spike_us).isoformat().replace("+00:00", "Z"))
        assert burst > 4 * sum(hours.values()) / len(hours)
        assert NOON_US - 3 * DAY < marks.spike_us < NOON_US - HOUR
