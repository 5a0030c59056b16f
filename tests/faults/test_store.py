"""The store full, unwritable, unreadable, damaged, or in use: red where a person must know, and nothing lost."""

import os
import resource
import signal
import sys

import pytest

from forwarder.sinks.archive import verify
from tests.faults.conftest import Build
from tests.faults.process import Forwarder
from tests.faults.rows import ids, month, new_activities
from tests.faults.stored import uids_of_chunk
from tests.faults.test_sink_outages import BACKLOG, FAILURES
from tests.faults.world import World

FULL_DISK = 64 * 1024
"""Bytes; the store's write-ahead log is longer after a first run, the forwarder's own log is not."""


def _with_events_waiting(world: World, count: int) -> Forwarder:
    world.hec.fault("busy", times=None)
    forwarder = world.start()
    forwarder.until("events wait", lambda: forwarder.metric(BACKLOG, sink="splunk") >= count)
    return forwarder


def test_a_full_store_pauses_collecting_is_red_and_recovers(build: Build) -> None:
    world = build(month(3000))
    world.settings["store"]["max_bytes"] = "50KB"
    forwarder = _with_events_waiting(world, 1)
    assert "full" in forwarder.until_red("store")
    asked = len(world.feed.served())
    sent = len(world.hec.served())
    forwarder.until("some tries of the sink", lambda: len(world.hec.served()) >= sent + 3)
    assert len(world.feed.served()) == asked, "the API is the buffer"
    world.hec.faults.clear()
    world.assert_delivered(forwarder)


@pytest.mark.skipif(sys.platform != "linux", reason="the limit of another process can be set on Linux only")
def test_a_store_that_cannot_be_written_is_red_and_recovers_without_a_human(build: Build) -> None:
    world = build(month(300), sinks=("splunk", "sentinel"))
    forwarder = world.start()
    issued = world.feed.issued_ids()
    forwarder.until(
        "the first run is over", lambda: all(world.has_received(sink, issued) for sink in world.receivers())
    )
    _let_files_grow(forwarder, FULL_DISK)
    world.feed.extend(new_activities(world.feed.clock, "unwritten", 2000))
    assert "cannot be written" in forwarder.until_red("store")
    assert forwarder.is_alive()
    _let_files_grow(forwarder, resource.RLIM_INFINITY)
    forwarder.until_ready()
    world.assert_delivered(forwarder)


@pytest.mark.skipif(sys.platform != "linux", reason="the limit of another process can be set on Linux only")
def test_what_was_delivered_while_the_store_could_not_be_written_is_not_sent_again_and_again(build: Build) -> None:
    world = build(month(600), sinks=("splunk",))
    forwarder = _with_events_waiting(world, 600)
    _let_files_grow(forwarder, FULL_DISK)
    world.hec.faults.clear()
    sent = len(world.hec.served())
    forwarder.until("the store is red", lambda: "store" in forwarder.red() and len(world.hec.served()) > sent)
    forwarder.until("some tries", lambda: forwarder.metric(FAILURES, subject="store") >= 8)
    _let_files_grow(forwarder, resource.RLIM_INFINITY)
    world.assert_delivered(forwarder)


def _let_files_grow(forwarder: Forwarder, limit: int) -> None:
    """To so many bytes: writes beyond fail, as on a full disk."""
    resource.prlimit(forwarder.pid, resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))


def test_an_unreadable_store_is_set_aside_and_the_reconcile_depth_is_read_again(build: Build) -> None:
    world = build(month(1500), sinks=("splunk",))
    world.kill(_with_events_waiting(world, 1500))
    world.query("PRAGMA wal_checkpoint(TRUNCATE)")
    world.store.write_bytes(b"no database" * 1000)
    world.settings["sources"]["activities"]["start"] = "1h"
    world.hec.faults.clear()
    recent = [row.id for row in world.feed.issued_rows() if row.created_us > world.feed.clock.now_us() - 3 * 86_400e6]
    assert len(recent) > 50
    forwarder = world.start()
    assert "set aside" in forwarder.until_red("store.recovered")
    world.assert_delivered(forwarder, ids=recent)
    assert [path.read_bytes()[:11] for path in world.store.parent.glob("store.db.damaged-????????")] == [b"no database"]


def test_a_damaged_chunk_is_read_again_from_its_source(build: Build) -> None:
    world = build(month(1500))
    forwarder = _with_events_waiting(world, 1500)
    issued = world.feed.issued_ids()
    forwarder.until("sentinel holds everything", lambda: world.has_received("sentinel", issued))
    forwarder.until("the archive too", lambda: forwarder.metric(BACKLOG, sink="archive") == 0)
    world.kill(forwarder)
    chunk, sealed = world.query("SELECT id, sealed FROM chunk WHERE source = 'activities'")[9]
    for sink in ("sentinel", "archive"):
        world.allow_again(sink, uids_of_chunk(world.store, chunk))
    world.query("UPDATE chunk SET sealed = ? WHERE id = ?", sealed[:40] + bytes([sealed[40] ^ 1]) + sealed[41:], chunk)
    world.hec.faults.clear()
    world.assert_delivered(world.start())


def test_damaged_pages_within_the_store_lose_nothing(build: Build) -> None:
    world = build(month(1500), sinks=("splunk",))
    world.kill(_with_events_waiting(world, 1500))
    world.query("PRAGMA wal_checkpoint(TRUNCATE)")
    ((page,),) = world.query("SELECT rootpage FROM sqlite_schema WHERE name = 'known_id'")
    ((size,),) = world.query("PRAGMA page_size")
    with world.store.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(os.urandom(size))
    world.allow_issued_again("splunk")
    world.hec.faults.clear()
    forwarder = world.start()
    fresh = new_activities(world.feed.clock, "fresh", 20)
    world.feed.extend(fresh)
    forwarder.until("fresh rows are delivered", lambda: world.has_received("splunk", ids(fresh)))
    recent = [row.id for row in world.feed.issued_rows() if row.created_us > world.feed.clock.now_us() - 3 * 86_400e6]
    world.assert_delivered(forwarder, ids=recent)


@pytest.mark.parametrize("options", [(), ("--once",)], ids=["the service", "once"])
def test_a_second_process_on_the_same_store_is_refused_with_exit_2(build: Build, options: tuple[str, ...]) -> None:
    world = build(month(300))
    forwarder = world.start()
    second = world.launch(*options)
    assert second.wait_for_exit() == 2
    assert "in use by another forwarder" in second.log()
    world.assert_delivered(forwarder)


def _overwrite(world: World) -> None:
    """The file and its log are garbage, while the forwarder has them open."""
    for suffix in ("", "-wal"):
        file = world.store.with_name(world.store.name + suffix)
        size = file.stat().st_size
        with file.open("r+b") as raw:
            raw.write(os.urandom(size))


def test_a_store_overwritten_under_a_running_service_is_replaced_without_a_restart(build: Build) -> None:
    world = build(month(1500), sinks=("splunk",))
    forwarder = _with_events_waiting(world, 1500)
    world.settings["sources"]["activities"]["start"] = "1h"
    recent = [row.id for row in world.feed.issued_rows() if row.created_us > world.feed.clock.now_us() - 3 * 86_400e6]
    assert len(recent) > 50
    _overwrite(world)
    assert "set aside" in forwarder.until_red("store.recovered")
    assert forwarder.is_alive()
    fresh = new_activities(world.feed.clock, "fresh", 20)
    world.feed.extend(fresh)
    world.allow_issued_again("splunk")
    world.hec.faults.clear()
    forwarder.until("fresh rows are delivered", lambda: world.has_received("splunk", ids(fresh)))
    world.assert_delivered(forwarder, ids=[*recent, *ids(fresh)])
    assert len(list(world.store.parent.glob("store.db.damaged-????????"))) == 1


def test_an_owner_whose_lock_file_is_deleted_leaves_the_store_to_the_next_and_ends(build: Build) -> None:
    world = build(month(600))
    first = _with_events_waiting(world, 600)
    world.store.with_name("store.db.lock").unlink()
    world.feed.extend(new_activities(world.feed.clock, "before", 50))
    second = world.start()
    world.feed.extend(new_activities(world.feed.clock, "after", 50))
    assert first.wait_for_exit() == 2
    assert "was taken over by another process" in first.log()
    world.hec.faults.clear()
    world.assert_delivered(second)
    assert verify(world.store.parent / "archive").intact


def test_a_paused_owner_that_goes_on_after_another_took_over_writes_nothing_and_ends(build: Build) -> None:
    world = build(month(600), feed={"records_access": False})
    first = _with_events_waiting(world, 600)
    issued = world.feed.issued_ids()
    first.until("the others hold everything", lambda: world.has_received("sentinel", issued))
    first.until("the archive too", lambda: first.metric(BACKLOG, sink="archive") == 0)
    os.kill(first.pid, signal.SIGSTOP)
    world.query("UPDATE lease SET expires_ms = 0")
    second = world.start()
    world.feed.extend(new_activities(world.feed.clock, "after", 50))
    world.hec.faults.clear()
    second.until("the second delivers", lambda: world.has_received("splunk", world.feed.issued_ids()))
    second.until("the archive too", lambda: second.metric(BACKLOG, sink="archive") == 0)
    archived_before = sorted((file, file.stat().st_size) for file in world.store.parent.glob("archive/*/part-*"))
    os.kill(first.pid, signal.SIGCONT)
    assert first.wait_for_exit() == 2
    assert "was taken over by another process" in first.log()
    after = sorted((file, file.stat().st_size) for file in world.store.parent.glob("archive/*/part-*"))
    assert after[: len(archived_before)] == archived_before
    world.assert_delivered(second)


def test_a_fault_of_the_program_in_the_store_ends_it_with_a_traceback(build: Build) -> None:
    world = build(month(300), sinks=("splunk",))
    forwarder = world.start()
    issued = world.feed.issued_ids()
    forwarder.until("the first run is over", lambda: world.has_received("splunk", issued))
    world.query("ALTER TABLE known_id RENAME TO elsewhere")
    world.feed.extend(new_activities(world.feed.clock, "unstored", 5))
    assert forwarder.wait_for_exit() == 1
    assert "StoreFault: OperationalError: no such table: known_id" in forwarder.log()
    assert "Traceback" in forwarder.log()
