"""The Activity Feed as a source: every row once, late or not, on time or after a fault."""

import random
from pathlib import Path
from typing import Any

import httpx
import pytest

from forwarder.anthropic import ActivityFeed
from forwarder.errors import AccessRefused, Retry
from forwarder.pipeline.flow import collect
from forwarder.simulator import COMPLIANCE_KEY, FeedServer, Issue, scenario
from forwarder.simulator.clock import DAY, HOUR, MINUTE, SECOND, rfc3339
from forwarder.sources import ActivitiesSettings, ActivitiesSource
from forwarder.store import Store, open_store
from tests.anthropic.answers import client
from tests.sources.world import Reader, dead_letters_of, still_clock
from tests.store.engines import SQLITE


def row(number: int, created_us: int) -> dict[str, Any]:
    """Activity `number`."""
    return {
        "id": f"activity_{number}",
        "created_at": rfc3339(created_us),
        "type": "claude_chat_created",
        "actor": {"type": "user_actor", "user_id": "user_1", "email_address": "ada@example.com"},
    }


def late_feed(seed: int, start_us: int, days: int, count: int) -> list[Issue]:
    """Rows over some days, most readable within a minute, some minutes, hours or nearly two days late."""
    dice = random.Random(seed)
    issues = []
    for number in range(count):
        created = start_us + dice.randrange(days * DAY)
        late = dice.choices(
            [dice.randrange(55 * SECOND), dice.randrange(MINUTE, 9 * MINUTE), dice.randrange(HOUR, 46 * HOUR)],
            [90, 6, 4],
        )[0]
        issues.append(Issue(created + late, created, row(number, created)))
    return issues


@pytest.mark.parametrize("order", ["honoured", "ignored", "refused"])
@pytest.mark.parametrize("seed", [1, 2])
def test_every_row_is_delivered_exactly_once_however_late_it_comes(seed: int, order: Any, tmp_path: Path) -> None:
    clock, dice = still_clock(), random.Random(seed)
    began_us = clock.now_us()
    issues = late_feed(seed, began_us, days=3, count=1500)
    by_id = {issue.activity["id"]: issue for issue in issues if isinstance(issue.activity, dict)}
    server = FeedServer(issues, clock=clock, records_access=False, order=order, per_minute=10**9)
    late = late_beyond = expected = expected_beyond = 0
    with server:
        reader = Reader(server, tmp_path, small_pages=seed == 2)
        while clock.now_us() < began_us + 6 * DAY:
            watermark_us = reader.watermark_us()
            for collected in reader.read():
                created = [i.created_us for i in collected.batch.incoming]
                late += len(collected.batch.late_us)
                late_beyond += collected.batch.beyond_overlap
                expected += sum(c < watermark_us for c in created)
                expected_beyond += sum(c < watermark_us - 10 * MINUTE for c in created)
                assert all(
                    abs(was_late - (clock.now_us() - c)) < 5 * SECOND
                    for was_late, c in zip(collected.batch.late_us, sorted(created), strict=False)
                    if len(created) == 1
                )
            clock.advance(dice.randrange(60, 2400))
    assert reader.delivered == dict.fromkeys(by_id, 1)
    assert late == expected > 50
    assert late_beyond == expected_beyond > 30
    reader.close()


def test_fresh_rows_arrive_with_the_next_poll(tmp_path: Path) -> None:
    """A row younger than `settle` is delivered at once; only the watermark waits."""
    clock = still_clock()
    with FeedServer(clock=clock, records_access=False) as server:
        reader = Reader(server, tmp_path)
        reader.read()
        for number in range(20):
            server.append(row(number, clock.now_us()))
            clock.advance(30)
            reader.read()
            assert reader.delivered[f"activity_{number}"] == 1
            assert abs(reader.watermark_us() - (clock.now_us() - 90 * SECOND)) < SECOND
    reader.close()


def test_page_edges_inside_one_microsecond_lose_and_repeat_nothing(tmp_path: Path) -> None:
    clock = still_clock()
    issues = scenario("equal-timestamps", now=clock.now(), count=1200)
    with FeedServer(issues, clock=clock, records_access=False, per_minute=10**9) as server:
        reader = Reader(server, tmp_path, small_pages=True, start="3d")
        reader.read()
        assert reader.delivered == dict.fromkeys(server.issued_ids(), 1)
    reader.close()


def test_a_restart_continues_where_it_stopped_and_sends_nothing_again(tmp_path: Path) -> None:
    clock = still_clock()
    issues = [Issue(0, clock.now_us() - n * MINUTE, row(n, clock.now_us() - n * MINUTE)) for n in range(1, 300)]
    with FeedServer(issues, clock=clock, records_access=False) as server:
        first = Reader(server, tmp_path)
        first.read()
        assert len(first.delivered) == 299
        first.close()
        second = Reader(server, tmp_path)
        second.read()
        assert not second.delivered
        clock.advance(2 * 86400)
        second.read()
        assert not second.delivered
        second.close()


def test_an_unreadable_store_causes_duplicates_but_loses_no_row(tmp_path: Path) -> None:
    clock = still_clock()
    issues = [Issue(0, clock.now_us() - n * HOUR, row(n, clock.now_us() - n * HOUR)) for n in range(1, 60)]
    with FeedServer(issues, clock=clock, records_access=False) as server:
        first = Reader(server, tmp_path, start="12h")
        first.read()
        first.close()
        (tmp_path / "store.db").write_bytes(b"garbage" * 1000)
        second = Reader(server, tmp_path, start="12h")
        second.read()
        assert second.delivered == {f"activity_{n}": 1 for n in range(1, 60)}
        second.close()


@pytest.mark.parametrize("skip", [0, 1, 5, 20])
def test_a_window_that_fails_is_read_again_and_repeats_nothing(skip: int, tmp_path: Path) -> None:
    clock = still_clock()
    issues = [Issue(0, clock.now_us() - n * SECOND, row(n, clock.now_us() - n * SECOND)) for n in range(200, 400)]
    with FeedServer(issues, clock=clock, records_access=False) as server:
        reader = Reader(server, tmp_path, small_pages=True)
        for name in ("server-error", "garbage-body", "truncated-body", "connection-reset"):
            server.fault(name, times=5, skip=skip + 1)
            skip = 0
        for _ in range(30):
            try:
                reader.read()
                break
            except Retry:
                assert reader.watermark_us() < clock.now_us() - 90 * SECOND
        assert reader.delivered == dict.fromkeys(server.issued_ids(), 1)
        assert abs(reader.watermark_us() - (clock.now_us() - 90 * SECOND)) < SECOND
    reader.close()


def test_an_expired_cursor_restarts_the_window(tmp_path: Path) -> None:
    clock = still_clock()
    issues = [Issue(0, clock.now_us() - n * SECOND, row(n, clock.now_us() - n * SECOND)) for n in range(200, 300)]
    with FeedServer(issues, clock=clock, records_access=False) as server:
        reader = Reader(server, tmp_path, small_pages=True)
        for _ in range(3):
            server.fault("cursor-expired", skip=4)
        reader.read()
        assert reader.delivered == dict.fromkeys(server.issued_ids(), 1)
        assert server.stats()["faults"]["cursor-expired"] == 3
    reader.close()


def test_a_bad_item_never_stops_a_page(tmp_path: Path) -> None:
    clock = still_clock()
    issues = [Issue(0, clock.now_us() - n * MINUTE, row(n, clock.now_us() - n * MINUTE)) for n in range(5, 10)]
    with FeedServer(issues, clock=clock, records_access=False) as server:
        reader = Reader(server, tmp_path)
        server.fault("junk-items", skip=1)
        pages = reader.read()
        assert reader.delivered == dict.fromkeys(server.issued_ids(), 1)
        assert sorted(dead_letters_of(pages)) == ["no-id"] * 3 + ["not-an-object"] * 4
        assert sum(reader.store.count_dead_letters().values()) == 7
    reader.close()


def test_rows_that_a_page_repeats_are_sent_once(tmp_path: Path) -> None:
    clock = still_clock()
    issues = [Issue(0, clock.now_us() - n * MINUTE, row(n, clock.now_us() - n * MINUTE)) for n in range(5, 10)]
    with FeedServer(issues, clock=clock, records_access=False) as server:
        reader = Reader(server, tmp_path)
        server.fault("repeated-rows", times=3)
        (page,) = reader.read()
        assert page.batch.read == 10
        assert reader.delivered == dict.fromkeys(server.issued_ids(), 1)
    reader.close()


def test_its_own_requests_in_the_feed_never_keep_it_busy(tmp_path: Path) -> None:
    clock = still_clock()
    with FeedServer(clock=clock, records_access=True, access_delay=0) as server:
        reader = Reader(server, tmp_path)
        for _ in range(10):
            assert len(reader.read()) <= 2
            clock.advance(30)
        issued = server.issued_ids()
        assert set(reader.delivered) <= set(issued)
        assert len(reader.delivered) >= len(issued) - 4
        assert set(reader.delivered.values()) == {1}
    reader.close()


def test_a_damaged_chunk_is_read_again_from_the_feed(tmp_path: Path) -> None:
    clock = still_clock()
    issues = [Issue(0, clock.now_us() - n * MINUTE, row(n, clock.now_us() - n * MINUTE)) for n in range(5, 50)]
    with FeedServer(issues, clock=clock, records_access=False) as server:
        first = Reader(server, tmp_path, small_pages=True)
        first.read()
        first.close()
        SQLITE.damage(tmp_path, 3)
        second = Reader(server, tmp_path, small_pages=True)
        waiting = drained(second.store)
        assert len(waiting) == 45 - 7
        second.read()
        assert len(second.delivered) == 7
        assert set(second.delivered.values()) == {1}
        assert len({*waiting, *drained(second.store)}) == 45
        second.read()
        assert len(second.delivered) == 7
        second.close()


def drained(store: Store) -> list[str]:
    """The uids of everything that waits, which is then settled."""
    uids = []
    while delivery := store.claim("splunk", ("activity",)):
        uids += [keys.uid for keys in delivery.chunk.keys()]  # noqa: SIM118  not a mapping
        store.settle(delivery, delivery.chunk.events, [], 0)
    return uids


def test_a_revoked_key_is_reported_and_its_rows_are_read_later(tmp_path: Path) -> None:
    clock = still_clock()
    issues = [Issue(0, clock.now_us() - n * MINUTE, row(n, clock.now_us() - n * MINUTE)) for n in range(5, 10)]
    with FeedServer(issues, clock=clock, records_access=False) as server:
        reader = Reader(server, tmp_path)
        server.keys.revoke(COMPLIANCE_KEY)
        with pytest.raises(AccessRefused):
            reader.read()
        with pytest.raises(AccessRefused):
            reader.source.check()
        server.keys.revoke(COMPLIANCE_KEY, revoked=False)
        reader.read()
        assert len(reader.delivered) == 5
        assert "newest event 300 s old" in reader.source.check()
    reader.close()


def test_a_feed_that_repeats_one_page_for_ever_is_abandoned_and_retried_later(tmp_path: Path) -> None:
    """A cache in between that ignores the cursor must not keep the source busy without an end."""
    page = {"data": [row(1, SECOND)], "has_more": True, "first_id": "activity_1", "last_id": "activity_1"}
    asked: list[httpx.Request] = []

    def cache(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        assert len(asked) < 20, "it asks for ever"
        return httpx.Response(200, json=page)

    store = open_store(f"sqlite:///{tmp_path / 'store.db'}", ("splunk",), 2**40)
    source = ActivitiesSource(ActivitiesSettings(), ActivityFeed(client(cache)))
    with pytest.raises(Retry):
        for _ in collect(source, store):
            pass
    store.close()
