"""Lists and reports over real HTTP, against an organization that changes and usage that is restated."""

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import get_args

import orjson
import pytest

from forwarder.errors import AccessRefused, ForwarderError, Retry
from forwarder.pipeline.build import build_sources
from forwarder.pipeline.flow import collect
from forwarder.records import AnyRecord, InventoryChange, InventoryRecord, UsageRecord
from forwarder.settings import Settings
from forwarder.simulator import ADMIN_KEY, FeedServer, company
from forwarder.simulator.admin import ConsoleApiKey, ConsoleUser
from forwarder.sources.settings import Dimension
from tests.simulator.world import NOON
from tests.sources.admin_world import ADMIN_SOURCES, AdminWorld

HOUR, DAY = 3600.0, 86_400.0


@pytest.fixture
def world(tmp_path: Path) -> Iterator[AdminWorld]:
    """An organization whose keys are attacked."""
    with ExitStack() as stack:
        yield AdminWorld(stack, tmp_path)


def inventory(given: list[AnyRecord]) -> list[InventoryRecord]:
    """The inventory records."""
    return [one for one in given if isinstance(one, InventoryRecord)]


def changes(given: list[AnyRecord]) -> list[InventoryChange]:
    """The changes."""
    return [one for one in given if isinstance(one, InventoryChange)]


# Lists


def test_every_object_of_every_list_is_sent_once_a_day(world: AdminWorld) -> None:
    of = world.organization
    members = sum(len(of.members(space.id)) for space in of.workspaces() if space.archived_us is None)
    wanted = {
        "users": len(of.users()),
        "invites": len(of.invites()),
        "workspaces": len(of.workspaces()) + members,
        "api_keys": len(of.api_keys()),
    }
    for name, number in wanted.items():
        assert len(inventory(world.read(name))) == number > 0
        assert world.read(name) == []
    world.clock.advance(DAY)
    for name, number in wanted.items():
        assert len(inventory(world.read(name))) == number
    assert world.dead_letters() == []


def test_each_difference_is_a_change_with_before_and_after(world: AdminWorld) -> None:
    world.read("api_keys")
    key = world.organization.api_keys()[0]
    world.organization.change(ConsoleApiKey, key.id, name="renamed", status="inactive")
    world.organization.put(ConsoleApiKey("apikey_new", "fresh", world.clock.now_us()))
    world.clock.advance(1)
    found = {(c.fields or {})["id"]: c for c in changes(world.read("api_keys"))}
    assert found.keys() == {key.id, "apikey_new"}
    assert found["apikey_new"].before is None
    change = found[key.id]
    assert change.before
    assert change.fields
    assert (change.before["name"], change.fields["name"]) == (key.name, "renamed")
    assert world.read("api_keys") == []


def test_a_departed_user_is_gone_after_two_complete_lists_and_no_longer_a_member_who_owns_keys(
    world: AdminWorld,
) -> None:
    world.read("users")
    keys = {one.fields["id"]: one for one in inventory(world.read("api_keys"))}
    owned = next(key for key in keys.values() if key.derived.get("owner_is_member"))
    owner = owned.derived["owner_uid"]
    world.organization.remove(ConsoleUser, owner)
    world.clock.advance(1)
    assert world.read("users") == []
    (change,) = changes(world.read("users"))
    assert change.before
    assert (change.fields, change.before["id"]) == (None, owner)
    world.clock.advance(DAY)
    again = {one.fields["id"]: one for one in inventory(world.read("api_keys"))}
    assert again[owned.fields["id"]].derived["owner_is_member"] is False
    landmarks = world.organization.landmarks
    assert again[landmarks.owner_departed].derived["owner_is_member"] is False


@pytest.mark.parametrize(
    "fault", ["server-error", "truncated-body", "garbage-body", "empty-page-with-more", "endless-pages"]
)
@pytest.mark.parametrize("name", ["api_keys", "users", "workspaces"])
def test_a_list_that_fails_sends_nothing_and_deletes_nothing(name: str, fault: str, world: AdminWorld) -> None:
    world.read(name)
    world.clock.advance(60)
    for _ in range(2):
        world.server.fault(fault, times=None, path=f"/v1/organizations/{name}")
        with pytest.raises(ForwarderError):
            world.read(name)
        world.server.faults.clear()
    assert world.read(name) == []


def test_a_list_that_names_its_next_page_only_is_read_to_its_end(world: AdminWorld) -> None:
    """As lists of sessions do: no `has_more`, and `next_page` is null on the last page."""
    world.server.fault("next-page-only", times=None, path="/v1/organizations/users")
    assert len(inventory(world.read("users"))) == len(world.organization.users())
    world.server.faults.clear()
    assert world.read("users") == []


def test_an_object_without_id_is_one_dead_letter_and_the_others_are_sent(world: AdminWorld) -> None:
    world.server.fault("object-without-id", times=None, path="/v1/organizations/api_keys")
    assert len(inventory(world.read("api_keys"))) == len(world.organization.api_keys()) - 1
    world.read("api_keys")
    assert world.dead_letters() == ["no-id"]


def test_a_refused_key_is_named_with_the_fix(world: AdminWorld) -> None:
    world.server.keys.revoke(ADMIN_KEY)
    with pytest.raises(AccessRefused, match=r"anthropic\.admin_key: .*Claude Console"):
        world.read("api_keys")


# Reports


def range_of(world: AdminWorld, days: float) -> tuple[datetime, datetime]:
    """From midnight `days` days ago until the last whole hour."""
    now = datetime.fromtimestamp(world.clock.now_us() / 1e6, UTC)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight - timedelta(days=days), now.replace(minute=0, second=0, microsecond=0)


def test_tokens_add_up_to_what_the_organization_used(tmp_path: Path) -> None:
    with ExitStack() as stack:
        world = AdminWorld(stack, tmp_path, usage={"start": "2d"})
        records: dict[str, UsageRecord] = {}
        for _ in range(30):
            for record in world.read("usage"):
                assert isinstance(record, UsageRecord)
                groups = {k: v for k, v in record.fields.items() if isinstance(v, str | None)}
                records[orjson.dumps([record.time_ms, groups], option=orjson.OPT_SORT_KEYS).decode()] = record
            world.clock.advance(HOUR)
        last = max(record.end_ms for record in records.values())
        start, end = (datetime.fromtimestamp(ms / 1000, UTC) for ms in (min(f.time_ms for f in records.values()), last))
        world.clock.advance(-HOUR)
        truth = world.organization.usage_totals(start, end, ("api_key_id",), final=True)
        reported: Counter[str | None] = Counter()
        for record in records.values():
            reported[record.fields["api_key_id"]] += record.fields["output_tokens"]
        assert {key: tokens for key, tokens in reported.items() if tokens} == {
            key: counts.output for (key, *_), counts in truth.items() if counts.output
        }


def test_a_restated_bucket_is_sent_again_and_the_others_are_not(world: AdminWorld) -> None:
    world.clock.advance(11 * 60)
    first = world.read("usage")
    assert first
    world.organization.restate(datetime.fromtimestamp(NOON.timestamp() - 1800, UTC), delay=0)
    world.clock.advance(HOUR)
    again = [one for one in world.read("usage") if isinstance(one, UsageRecord)]
    before = {orjson.dumps([f.time_ms, f.fields]) for f in first if isinstance(f, UsageRecord)}
    assert again
    assert not before & {orjson.dumps([f.time_ms, f.fields]) for f in again}
    assert world.read("usage") == []


def test_the_inventory_of_keys_has_the_time_each_was_used_last(world: AdminWorld) -> None:
    world.read("usage")
    world.read("users")
    keys = {one.fields["id"]: one.derived for one in inventory(world.read("api_keys"))}
    landmarks = world.organization.landmarks
    off, old = keys[landmarks.inactive_but_used], keys[landmarks.old_and_used]
    assert "last_used" in off
    assert old["age_days"] > 90
    assert old["tokens_7d"] >= old["tokens_1d"] > 0


def test_cost_and_claude_code_are_complete_and_money_stays_text(world: AdminWorld) -> None:
    cost = [one for one in world.read("cost") if isinstance(one, UsageRecord)]
    assert cost
    assert all(isinstance(one.fields["amount"], str) for one in cost)
    code = [one for one in world.read("claude_code_usage") if isinstance(one, UsageRecord)]
    assert code
    assert all(one.end_ms - one.time_ms == 86_400_000 for one in (*cost, *code))
    assert world.read("cost") == world.read("claude_code_usage") == []


def test_unexpected_values_are_sent_and_impossible_buckets_are_dead_letters(world: AdminWorld) -> None:
    for fault in ("counts-as-strings", "counts-as-floats", "counts-negative", "unknown-fields"):
        world.server.fault(fault, path="/v1/organizations/usage_report/messages")
        world.clock.advance(HOUR)
        assert world.read("usage")
    assert world.dead_letters() == []
    world.server.fault("bucket-inside-out", path="/v1/organizations/usage_report/messages")
    world.clock.advance(HOUR)
    world.read("usage")
    assert world.dead_letters() == ["bucket-outside"]


@pytest.mark.parametrize("name", ADMIN_SOURCES)
def test_check_proves_each_source_with_its_key(name: str, world: AdminWorld) -> None:
    assert "the key reads the" in world.sources[name].check()
    world.server.keys.revoke(ADMIN_KEY)
    with pytest.raises(AccessRefused):
        world.sources[name].check()


def test_usage_can_be_grouped_by_every_dimension_of_the_api(tmp_path: Path) -> None:
    every = get_args(Dimension)
    with ExitStack() as stack:
        world = AdminWorld(stack, tmp_path, usage={"start": "3h", "group_by": every})
        records = [one for one in world.read("usage") if isinstance(one, UsageRecord)]
        assert records
        assert all(set(every) <= one.fields.keys() for one in records)


def test_a_further_account_is_read_with_its_own_key_and_labeled(tmp_path: Path) -> None:
    with ExitStack() as stack:
        world = AdminWorld(stack, tmp_path)
        clock = world.clock
        other = company("many-organizations", clock=clock, seed=7, now_us=clock.now_us())
        server = stack.enter_context(FeedServer(clock=clock, organization=other))
        emea = {
            "anthropic": {"base_url": server.url, "admin_key": ADMIN_KEY},
            "sources": {"activities": {"enabled": False}, "users": {"enabled": True}},
        }
        settings = {
            "anthropic": {"base_url": world.server.url, "admin_key": ADMIN_KEY},
            "sources": {"activities": {"enabled": False}, "users": {"enabled": True}},
            "accounts": {"emea": emea},
            "sinks": {"archive": {"path": str(tmp_path / "archive")}},
        }
        sources = build_sources(Settings.model_validate(settings), lambda _: False, clock.now_us)
        assert [source.name for source in sources] == ["users", "emea.users"]
        labels, people = [], []
        for source in sources:
            stack.callback(source.close)
            events = [event for collected in collect(source, world.store) for event in collected.events]
            metadata = [orjson.loads(event.body)["metadata"] for event in events]
            labels.append({label for one in metadata for label in one.get("labels", ()) if "account" in label})
            people.append({one["tenant_uid"] for one in metadata})
        assert labels == [set(), {"account:emea"}]
        assert people == [{world.organization.uuid}, {other.uuid}]
        server.keys.revoke(ADMIN_KEY)
        with pytest.raises(AccessRefused, match=r"accounts\.emea\.anthropic\.admin_key"):
            list(collect(sources[1], world.store))


# Time


@pytest.mark.parametrize("name", ADMIN_SOURCES)
def test_a_date_a_day_ahead_delivers_nothing_from_the_future_and_is_reported(name: str, world: AdminWorld) -> None:
    world.server.fault("wrong-date", times=None, by=DAY)
    now_ms, given, problem = world.clock.now_us() // 1000, list[AnyRecord](), ""
    try:
        for collected in collect(world.sources[name], world.store):
            given += [one.record for one in collected.batch.incoming]
    except Retry as error:
        problem = str(error)
    assert "synchronize the local clock" in problem
    assert given
    assert all(one.end_ms <= now_ms for one in given if isinstance(one, UsageRecord))
    world.server.faults.clear()
    before = [(one.time_ms, one.fields) for one in given]
    repeated = [one for one in world.read(name) if (one.time_ms, one.fields) in before]
    assert repeated == []
    assert world.dead_letters() == []
