"""Lists and reports over real HTTP, against an organization that changes and usage that is restated."""

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, get_args

import orjson
import pytest

from forwarder.errors import AccessRefused, ForwarderError
from forwarder.pipeline.build import build_sources
from forwarder.pipeline.flow import collect
from forwarder.records import AnyRecord, InventoryChange, InventoryRecord, UsageRecord
from forwarder.settings import Settings
from forwarder.simulator import ADMIN_KEY, FeedServer, Organization, SimulatedClock, company
from forwarder.simulator.admin import Key, User
from forwarder.sources import SOURCES, Source
from forwarder.sources.settings import Dimension
from forwarder.store import SqliteStore
from tests.simulator.world import NOON

HOUR, DAY = 3600.0, 86_400.0
ADMIN_SOURCES = [name for name, kind in SOURCES.items() if kind.key == "admin API"]


class World:
    """An organization, its server, and our sources with a store."""

    def __init__(self, stack: ExitStack, folder: Path, **sources: Any) -> None:
        self.clock = SimulatedClock(NOON, speed=0)
        self.organization: Organization = company("attack-keys", clock=self.clock, now_us=self.clock.now_us())
        options: dict[str, Any] = {"organization": self.organization, "admin_per_minute": 100_000}
        self.server = stack.enter_context(FeedServer(clock=self.clock, **options))
        self.store = stack.enter_context(closing(SqliteStore(folder / "store.db", ("splunk",), 2**40)))
        enabled = {name: {"enabled": True, **sources.get(name, {})} for name in ADMIN_SOURCES}
        settings = {
            "anthropic": {"base_url": self.server.url, "admin_key": ADMIN_KEY},
            "sources": {"activities": {"enabled": False}, **enabled},
            "sinks": {"archive": {"path": str(folder / "archive")}},
        }
        self.sources = {s.name: s for s in build_sources(Settings.model_validate(settings), lambda _: False)}
        for source in self.sources.values():
            stack.callback(source.close)

    def read(self, name: str) -> list[AnyRecord]:
        """The records of one read of a source."""
        source: Source = self.sources[name]
        given: list[AnyRecord] = []
        for collected in collect(source, self.store):
            given += [one.record for one in collected.batch.incoming]
        return given

    def dead_letters(self) -> list[str]:
        """The reasons of the dead letters."""
        return [letter.reason for letter in self.store.dead_letters()]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """An organization whose keys are attacked."""
    with ExitStack() as stack:
        yield World(stack, tmp_path)


def inventory(given: list[AnyRecord]) -> list[InventoryRecord]:
    """The inventory records."""
    return [one for one in given if isinstance(one, InventoryRecord)]


def changes(given: list[AnyRecord]) -> list[InventoryChange]:
    """The changes."""
    return [one for one in given if isinstance(one, InventoryChange)]


# Lists


def test_every_object_of_every_list_is_sent_once_a_day(world: World) -> None:
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


def test_each_difference_is_a_change_with_before_and_after(world: World) -> None:
    world.read("api_keys")
    key = world.organization.api_keys()[0]
    world.organization.change(Key, key.id, name="renamed", status="inactive")
    world.organization.put(Key("apikey_new", "fresh", world.clock.now_us()))
    world.clock.advance(1)
    found = {(c.fields or {})["id"]: c for c in changes(world.read("api_keys"))}
    assert found.keys() == {key.id, "apikey_new"}
    assert found["apikey_new"].before is None
    change = found[key.id]
    assert change.before
    assert change.fields
    assert (change.before["name"], change.fields["name"]) == (key.name, "renamed")
    assert world.read("api_keys") == []


def test_a_departed_user_is_gone_after_two_complete_lists_and_no_longer_owns_keys_as_a_member(world: World) -> None:
    world.read("users")
    keys = {one.fields["id"]: one for one in inventory(world.read("api_keys"))}
    owned = next(key for key in keys.values() if key.derived.get("owner_is_member"))
    owner = owned.derived["owner_uid"]
    world.organization.remove(User, owner)
    world.clock.advance(1)
    assert world.read("users") == []
    (change,) = changes(world.read("users"))
    assert change.before
    assert (change.fields, change.before["id"]) == (None, owner)
    world.clock.advance(DAY)
    again = {one.fields["id"]: one for one in inventory(world.read("api_keys"))}
    assert again[owned.fields["id"]].derived["owner_is_member"] is False
    landmark = world.organization.landmarks
    assert again[landmark.owner_left].derived["owner_is_member"] is False


@pytest.mark.parametrize("fault", ["server-error", "truncated-body", "garbage-body", "empty-page-with-more"])
@pytest.mark.parametrize("name", ["api_keys", "users", "workspaces"])
def test_a_list_that_fails_sends_nothing_and_deletes_nothing(name: str, fault: str, world: World) -> None:
    world.read(name)
    world.clock.advance(60)
    for _ in range(2):
        world.server.fault(fault, times=None, path=f"/v1/organizations/{name}")
        with pytest.raises(ForwarderError):
            world.read(name)
        world.server.faults.clear()
    assert world.read(name) == []


def test_an_object_without_id_is_one_dead_letter_and_the_others_are_sent(world: World) -> None:
    world.server.fault("object-without-id", times=None, path="/v1/organizations/api_keys")
    assert len(inventory(world.read("api_keys"))) == len(world.organization.api_keys()) - 1
    world.read("api_keys")
    assert world.dead_letters() == ["no-id"]


def test_a_refused_key_is_named_with_the_fix(world: World) -> None:
    world.server.keys.revoke(ADMIN_KEY)
    with pytest.raises(AccessRefused, match=r"anthropic\.admin_key: .*Claude Console"):
        world.read("api_keys")


# Reports


def range_of(world: World, days: float) -> tuple[datetime, datetime]:
    """From midnight `days` days ago until the last whole hour."""
    now = datetime.fromtimestamp(world.clock.now_us() / 1e6, UTC)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight - timedelta(days=days), now.replace(minute=0, second=0, microsecond=0)


def test_tokens_add_up_to_what_the_organization_used(tmp_path: Path) -> None:
    with ExitStack() as stack:
        world = World(stack, tmp_path, usage={"start": "2d"})
        figures: dict[str, UsageRecord] = {}
        for _ in range(30):
            for figure in world.read("usage"):
                assert isinstance(figure, UsageRecord)
                groups = {k: v for k, v in figure.fields.items() if isinstance(v, str | None)}
                figures[orjson.dumps([figure.time_ms, groups], option=orjson.OPT_SORT_KEYS).decode()] = figure
            world.clock.advance(HOUR)
        last = max(figure.end_ms for figure in figures.values())
        start, end = (datetime.fromtimestamp(ms / 1000, UTC) for ms in (min(f.time_ms for f in figures.values()), last))
        world.clock.advance(-HOUR)
        truth = world.organization.figures(start, end, ("api_key_id",), final=True)
        reported: Counter[str | None] = Counter()
        for figure in figures.values():
            reported[figure.fields["api_key_id"]] += figure.fields["output_tokens"]
        assert {key: tokens for key, tokens in reported.items() if tokens} == {
            key: counts.output for (key, *_), counts in truth.items() if counts.output
        }


def test_a_restated_bucket_is_sent_again_and_the_others_are_not(world: World) -> None:
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


def test_the_inventory_of_keys_has_the_time_each_was_used_last(world: World) -> None:
    world.read("usage")
    world.read("users")
    keys = {one.fields["id"]: one.derived for one in inventory(world.read("api_keys"))}
    landmarks = world.organization.landmarks
    off, old = keys[landmarks.off_but_used], keys[landmarks.old_and_used]
    assert "last_used" in off
    assert old["age_days"] > 90
    assert old["tokens_7d"] >= old["tokens_1d"] > 0


def test_cost_and_claude_code_are_complete_and_money_stays_text(world: World) -> None:
    cost = [one for one in world.read("cost") if isinstance(one, UsageRecord)]
    assert cost
    assert all(isinstance(one.fields["amount"], str) for one in cost)
    code = [one for one in world.read("claude_code_usage") if isinstance(one, UsageRecord)]
    assert code
    assert all(one.end_ms - one.time_ms == 86_400_000 for one in (*cost, *code))
    assert world.read("cost") == world.read("claude_code_usage") == []


def test_unexpected_values_are_sent_and_impossible_buckets_are_dead_letters(world: World) -> None:
    for fault in ("figures-as-strings", "figures-as-floats", "figures-negative", "unknown-fields"):
        world.server.fault(fault, path="/v1/organizations/usage_report/messages")
        world.clock.advance(HOUR)
        assert world.read("usage")
    assert world.dead_letters() == []
    world.server.fault("bucket-inside-out", path="/v1/organizations/usage_report/messages")
    world.clock.advance(HOUR)
    world.read("usage")
    assert world.dead_letters() == ["bucket-outside"]


@pytest.mark.parametrize("name", ADMIN_SOURCES)
def test_check_proves_each_source_with_its_key(name: str, world: World) -> None:
    assert "the key reads the" in world.sources[name].check()
    world.server.keys.revoke(ADMIN_KEY)
    with pytest.raises(AccessRefused):
        world.sources[name].check()


def test_usage_can_be_grouped_by_every_dimension_of_the_api(tmp_path: Path) -> None:
    every = get_args(Dimension)
    with ExitStack() as stack:
        world = World(stack, tmp_path, usage={"start": "3h", "group_by": every})
        figures = [one for one in world.read("usage") if isinstance(one, UsageRecord)]
        assert figures
        assert all(set(every) <= one.fields.keys() for one in figures)


def test_a_further_account_is_read_with_its_own_key_and_labeled(tmp_path: Path) -> None:
    with ExitStack() as stack:
        world = World(stack, tmp_path)
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
        sources = build_sources(Settings.model_validate(settings), lambda _: False)
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
