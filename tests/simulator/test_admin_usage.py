"""`usage_report/messages`: buckets and pages, groups and filters, and counts that agree with each other."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from forwarder.simulator.admin import Counts, Dimensions
from forwarder.simulator.admin.usage import total
from tests.simulator.admin_world import DAY, MESSAGES, NEXT_DAY, admin_api, good, results, tokens, walk_report

WEDNESDAY = {"starting_at": "2026-11-18T00:00:00Z", "ending_at": "2026-11-19T00:00:00Z"}
HOUR = timedelta(hours=1)


def test_minutes_hours_and_the_day_sum_to_the_same_truth() -> None:
    with admin_api() as (organization, _, client):
        sums = {tokens(results(walk_report(client, MESSAGES, **WEDNESDAY, bucket_width=w))) for w in ("1m", "1h", "1d")}
        (truth,) = organization.usage_totals(DAY, NEXT_DAY).values()
        assert sums == {truth}
        assert min(truth) > 0


@pytest.mark.parametrize("dimension", [name for name in Dimensions._fields if name != "speed"])
def test_every_grouping_has_the_same_total_and_each_group_its_own_counts(dimension: str) -> None:
    with admin_api() as (organization, _, client):
        bucket = good(client.get(MESSAGES, params={**WEDNESDAY, "group_by[]": dimension}))["data"][0]
        found = {(result[dimension],): tokens([result]) for result in bucket["results"]}
        truth = organization.usage_totals(DAY, NEXT_DAY, (dimension,))
        assert found == truth
        assert tokens(bucket["results"]) == total(truth.values())
        assert len(bucket["results"]) == len(truth) > 1
        others = set(Dimensions._fields) - {dimension, "speed"}
        assert all(result[name] is None for result in bucket["results"] for name in others)


def test_all_dimensions_together_are_the_finest_groups() -> None:
    with admin_api() as (organization, _, client):
        every = [name for name in Dimensions._fields if name != "speed"]
        bucket = good(client.get(MESSAGES, params={**WEDNESDAY, "group_by[]": every}))["data"][0]
        found = {tuple(result[name] for name in every): tokens([result]) for result in bucket["results"]}
        assert found == organization.usage_totals(DAY, NEXT_DAY, tuple(every))


def test_a_result_without_groups_has_the_documented_fields_and_no_dimension() -> None:
    with admin_api() as (_, _, client):
        (result,) = good(client.get(MESSAGES, params=WEDNESDAY))["data"][0]["results"]
        counts = ("uncached_input_tokens", "cache_creation", "cache_read_input_tokens", "output_tokens")
        dimensions = [name for name in Dimensions._fields if name != "speed"]
        assert set(result) == {*dimensions, *counts, "server_tool_use"}
        assert [result[name] for name in dimensions] == [None] * len(dimensions)


def test_speed_needs_the_beta_header() -> None:
    with admin_api() as (organization, _, client):
        client.headers["anthropic-beta"] = "fast-mode-2026-02-01"
        bucket = good(client.get(MESSAGES, params={**WEDNESDAY, "group_by[]": "speed"}))["data"][0]
        assert {result["speed"] for result in bucket["results"]} == {"fast", "standard"}
        fast = good(client.get(MESSAGES, params={**WEDNESDAY, "speeds[]": "fast"}))["data"][0]["results"]
        assert tokens(fast) == organization.usage_totals(DAY, NEXT_DAY, ("speed",))[("fast",)]


FILTERS = {
    "account_ids[]": "account_id",
    "api_key_ids[]": "api_key_id",
    "context_window[]": "context_window",
    "inference_geos[]": "inference_geo",
    "models[]": "model",
    "service_account_ids[]": "service_account_id",
    "service_tiers[]": "service_tier",
    "workspace_ids[]": "workspace_id",
}


@pytest.mark.parametrize("name", FILTERS)
def test_a_filter_keeps_usage_with_one_of_its_values(name: str) -> None:
    with admin_api() as (organization, _, client):
        truth = organization.usage_totals(DAY, NEXT_DAY, (FILTERS[name],))
        chosen = [value for (value,) in truth if value is not None][:2]
        kept = good(client.get(MESSAGES, params={**WEDNESDAY, name: chosen}))["data"][0]["results"]
        assert tokens(kept) == total(truth[(value,)] for value in chosen)


@pytest.mark.parametrize(("width", "usual", "most"), [("1m", 60, 1440), ("1h", 24, 168), ("1d", 7, 31)])
def test_a_page_has_the_documented_number_of_buckets(width: str, usual: int, most: int) -> None:
    with admin_api() as (_, _, client):
        asked = {"starting_at": "2026-10-01T00:00:00Z", "bucket_width": width}
        page = good(client.get(MESSAGES, params=asked))
        assert (len(page["data"]), page["has_more"]) == (usual, True)
        assert len(good(client.get(MESSAGES, params={**asked, "limit": most}))["data"]) == most


def test_buckets_are_days_by_default() -> None:
    with admin_api() as (_, _, client):
        bucket = good(client.get(MESSAGES, params={"starting_at": "2026-11-18T00:00:00Z"}))["data"][0]
        assert bucket["ending_at"] == "2026-11-19T00:00:00Z"


def test_pages_join_without_a_gap_oldest_first() -> None:
    with admin_api() as (_, _, client):
        buckets = walk_report(client, MESSAGES, **WEDNESDAY, bucket_width="1h", limit=5)
        starts = [datetime.fromisoformat(bucket["starting_at"]) for bucket in buckets]
        assert starts == [DAY + n * HOUR for n in range(24)]
        assert [bucket["ending_at"] for bucket in buckets[:-1]] == [bucket["starting_at"] for bucket in buckets[1:]]


def test_a_bucket_without_usage_is_returned_empty() -> None:
    with admin_api() as (_, _, client):
        minutes = walk_report(client, MESSAGES, **WEDNESDAY, bucket_width="1m", **{"models[]": "claude-haiku-4-5"})
        assert len(minutes) == 1440
        assert {bool(bucket["results"]) for bucket in minutes} == {True, False}
        before = {"starting_at": "2020-01-01T00:00:00Z", "ending_at": "2020-01-03T00:00:00Z"}
        assert [bucket["results"] for bucket in good(client.get(MESSAGES, params=before))["data"]] == [[], []]


def test_a_start_within_a_bucket_is_snapped_to_its_start_in_utc() -> None:
    with admin_api() as (_, _, client):
        asked = {"starting_at": "2026-11-18T01:59:59.5+01:00", "bucket_width": "1h", "limit": "1"}
        assert good(client.get(MESSAGES, params=asked))["data"][0]["starting_at"] == "2026-11-18T00:00:00Z"


def test_only_buckets_that_end_by_the_end_are_returned() -> None:
    with admin_api() as (_, _, client):
        asked = {"starting_at": "2026-11-18T00:00:00Z", "bucket_width": "1h"}
        for end, count in (("2026-11-18T03:00:00Z", 3), ("2026-11-18T02:59:59Z", 2)):
            assert len(good(client.get(MESSAGES, params={**asked, "ending_at": end}))["data"]) == count


def test_without_an_end_the_open_bucket_is_the_last() -> None:
    with admin_api() as (_, _, client):
        page = good(client.get(MESSAGES, params={"starting_at": "2026-11-19T00:00:00Z"}))
        assert [bucket["starting_at"][:10] for bucket in page["data"]] == ["2026-11-19", "2026-11-20"]
        far = {"starting_at": "2026-11-20T00:00:00Z", "ending_at": "2026-12-20T00:00:00Z"}
        assert len(good(client.get(MESSAGES, params=far))["data"]) == 1
        later = good(client.get(MESSAGES, params={"starting_at": "2026-12-01T00:00:00Z"}))
        assert later == {"data": [], "has_more": False, "next_page": None}


def hour_at(client: Any, start: datetime) -> tuple[int, ...]:
    """The counts of the hour bucket that starts then."""
    asked = {"starting_at": start.isoformat(), "ending_at": (start + HOUR).isoformat(), "bucket_width": "1h"}
    return tokens(results(good(client.get(MESSAGES, params=asked))["data"]))


def test_usage_appears_within_about_five_minutes() -> None:
    with admin_api() as (organization, _, client):
        start = datetime(2026, 11, 20, 11, tzinfo=UTC)
        at_close = hour_at(client, start)
        organization.clock.advance(5 * 60)
        settled = hour_at(client, start)
        assert sum(at_close) < sum(settled)
        organization.clock.advance(5 * 60)
        assert hour_at(client, start) == settled


def test_a_small_share_of_the_hours_changes_once_within_an_hour_after_close() -> None:
    with admin_api() as (organization, _, client):
        organization.clock.advance(10 * 60)
        changes: Counter[int] = Counter()
        for n in range(140):
            start = datetime(2026, 11, 20, 11, tzinfo=UTC) + n * HOUR
            seen = [hour_at(client, start)]
            for _ in range(2):
                organization.clock.advance(25 * 60)
                seen.append(hour_at(client, start))
            organization.clock.advance(10 * 60)
            changes[len(set(seen)) - 1] += 1
            (truth,) = organization.usage_totals(start, start + HOUR, final=True).values()
            assert seen[-1] == truth
        assert set(changes) == {0, 1}
        assert 1 <= changes[1] <= 14


def test_a_test_restates_a_bucket() -> None:
    with admin_api() as (organization, _, client):
        at = datetime(2026, 11, 18, 9, 30, tzinfo=UTC)
        who = Dimensions(api_key_id="apikey_x", model="claude-opus-5")
        before = hour_at(client, DAY + 9 * HOUR)
        organization.restate(at, Counts(output=500, web_searches=2), delay=60, dimensions=who)
        assert hour_at(client, DAY + 9 * HOUR) == before
        organization.clock.advance(60)
        assert hour_at(client, DAY + 9 * HOUR) == total([Counts(*before), Counts(output=500, web_searches=2)])
        assert organization.usage_totals(DAY, NEXT_DAY, ("api_key_id",))[("apikey_x",)] == Counts(0, 0, 0, 0, 500, 2)


def test_another_process_restates_a_bucket_and_reads_the_true_totals() -> None:
    with admin_api() as (_, _, client):
        before = hour_at(client, DAY + 9 * HOUR)
        body = {"at": "2026-11-18T09:30:00Z", "counts": {"output": 7}}
        client.post("/_simulator/admin/restate", json=body).raise_for_status()
        after = hour_at(client, DAY + 9 * HOUR)
        assert after[4] - before[4] == 7
        asked = {"start": "2026-11-18T09:00:00Z", "end": "2026-11-18T10:00:00Z", "by": ["model"]}
        truth = client.post("/_simulator/admin/usage-totals", json=asked).json()
        assert sum(row["output"] for row in truth) == after[4]


def test_usage_is_the_same_for_the_same_scenario_and_seed() -> None:
    asked = {**WEDNESDAY, "group_by[]": "api_key_id"}
    with admin_api() as (_, _, one), admin_api() as (_, _, other), admin_api("all-types") as (_, _, third):
        first = good(one.get(MESSAGES, params=asked))
        assert first == good(other.get(MESSAGES, params=asked))
        assert first != good(third.get(MESSAGES, params=asked))
