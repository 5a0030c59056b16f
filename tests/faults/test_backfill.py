"""`claude-siem backfill`: a past time range is delivered whole and once, alone, beside a service, and over kills."""

import subprocess
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from forwarder.simulator import Issue, SimulatedClock
from forwarder.simulator.audit import archived
from forwarder.simulator.clock import SECOND
from tests.cli.commands import claude_siem, clean_environment, command
from tests.faults.conftest import Build
from tests.faults.process import TIMEOUT
from tests.faults.rows import new_activities
from tests.faults.world import World

LABEL = "collection:backfill"
ROWS = 1500
NO_ACCESS_ROWS = {"records_access": False}
"""No rows about our own requests, which would come at any time."""


def past(rows: int = ROWS) -> list[Issue]:
    """Rows spread over thirty days, none of which comes late."""
    return new_activities(SimulatedClock(), "past", rows, ago=60, apart=30 * 86_400 / rows)


def wanted(world: World, days: float = 40) -> list[str]:
    """The command's arguments for so many days until now."""
    start = datetime.fromtimestamp(world.feed.clock.now_us() / SECOND, UTC) - timedelta(days=days)
    config = world.stage.write(world.settings)
    return ["backfill", "--config", str(config), "--from", f"{start:%Y-%m-%dT00:00:00Z}"]


def counts_of(output: str) -> tuple[int, int]:
    """Rows read and events made, as the command says."""
    words = output.splitlines()[0].split()
    assert (words[1:3], words[4:]) == (["rows", "read,"], ["events", "made", "of", "them"]), output
    return int(words[0]), int(words[3])


def labels(world: World) -> Counter[bool]:
    """How many events of rows in the archive say that they were read again, and how many do not."""
    events = [event["metadata"] for event in archived(world.stage.folder / "archive")]
    return Counter(LABEL in event["labels"] for event in events if "original_event_uid" in event)


def audited(world: World) -> None:
    """Nothing issued is lost, and nothing came more often than it may."""
    world.assert_no_loss(dict.fromkeys(world.settings["sinks"], world.feed.issued_ids()))


def test_alone_it_reads_and_delivers_the_past_by_itself(build: Build) -> None:
    world = build(past(), start="1h", feed=NO_ACCESS_ROWS)
    done = claude_siem(*wanted(world))
    assert done.returncode == 0, done.stderr
    assert counts_of(done.stdout) == (ROWS, ROWS)
    audited(world)
    assert labels(world) == {True: ROWS}


def test_beside_a_service_that_delivers_what_it_reads(build: Build) -> None:
    world = build(past(), start="2d", feed=NO_ACCESS_ROWS)
    forwarder = world.start()
    forwarder.until("the service has read its two days", lambda: forwarder.metric("forwarder_read_records_total") > 0)
    done = claude_siem(*wanted(world))
    assert done.returncode == 0, done.stderr
    rows, events = counts_of(done.stdout)
    assert rows == ROWS
    assert 0 < events < ROWS
    world.feed.extend(new_activities(world.feed.clock, "meanwhile", 10))
    world.assert_delivered(forwarder)
    assert labels(world) == {True: events, False: ROWS + 10 - events}


def test_again_it_sends_nothing_and_with_force_all_of_it_under_the_same_ids(build: Build) -> None:
    world = build(past(), start="1h", feed=NO_ACCESS_ROWS)
    assert claude_siem(*wanted(world)).returncode == 0
    assert counts_of(claude_siem(*wanted(world)).stdout) == (ROWS, 0)
    audited(world)
    for sink in world.settings["sinks"]:
        world.allow_again(sink)
    assert counts_of(claude_siem(*wanted(world), "--force").stdout) == (ROWS, ROWS)
    audited(world)
    for sink, server in world.receivers().items():
        ours = Counter(uid for uid in map(uid_of, server.events()) if uid)
        assert set(ours.values()) == {2}, sink


def uid_of(event: dict[str, Any]) -> str | None:
    """The uid of an event about a row."""
    held = event.get("event", event)["metadata"]
    return held["uid"] if "original_event_uid" in held else None


def until(condition: Callable[[], object], process: subprocess.Popen[bytes]) -> None:
    """Wait for a condition while the process lives."""
    deadline = time.monotonic() + TIMEOUT
    while not condition():
        assert process.poll() is None, f"exit {process.returncode}"
        assert time.monotonic() < deadline
        time.sleep(0.005)


def begun(arguments: Sequence[str]) -> subprocess.Popen[bytes]:
    """The command, running."""
    return subprocess.Popen(
        command(*arguments), env=clean_environment(), stderr=subprocess.DEVNULL, stdout=subprocess.PIPE
    )


def pages_read(world: World) -> int:
    """Requests that the feed has answered."""
    return sum(world.feed.stats()["requests"].values())


def reads_on(world: World, before: int) -> bool:
    """Whether the feed has answered some requests more than `before`."""
    return pages_read(world) >= before + 9


def test_killed_again_and_again_it_goes_on_where_it_was(build: Build) -> None:
    world = build(past(4000), start="1h", feed=NO_ACCESS_ROWS)
    arguments = wanted(world)
    for _ in range(4):
        world.note_started()
        pages = pages_read(world)
        with begun(arguments) as process:
            until(partial(reads_on, world, pages), process)
            process.kill()
        world.note_ended()
    done = claude_siem(*arguments)
    assert done.returncode == 0, done.stderr
    rows, _ = counts_of(done.stdout)
    assert rows < 4000, "what was read before is read once more"
    audited(world)


def test_stopped_before_a_sink_that_is_down_it_keeps_what_it_read_for_the_service(build: Build) -> None:
    world = build(past(), start="1h", feed=NO_ACCESS_ROWS)
    world.hec.fault("busy", times=None)
    with begun(wanted(world)) as process:
        until(lambda: world.has_received("sentinel", world.feed.issued_ids()), process)
        process.terminate()
        assert process.stdout
        output = process.stdout.read().decode()
    assert process.returncode == 1
    assert counts_of(output) == (ROWS, ROWS)
    assert f"{ROWS} events are not confirmed yet; they are kept in the store" in output
    world.hec.faults.clear()
    world.assert_delivered(world.start())


def test_a_feed_that_fails_now_and_then_is_read_to_the_end(build: Build) -> None:
    world = build(past(), start="1h", feed=NO_ACCESS_ROWS)
    for name in ("server-error", "connection-reset", "truncated-body", "garbage-body", "cursor-expired"):
        world.feed.fault(name, skip=5)
    assert claude_siem(*wanted(world)).returncode == 0
    audited(world)
    assert labels(world) == {True: ROWS}


def test_a_key_that_is_refused_is_named_and_nothing_is_read(build: Build) -> None:
    world = build(past(10), start="1h", feed=NO_ACCESS_ROWS)
    world.write_secret("compliance-key", "sk-ant-wrong")
    done = claude_siem(*wanted(world))
    assert done.returncode == 1
    assert "not read to its end" in done.stdout
    assert "the key is not accepted" in done.stdout


def test_a_refused_row_is_a_dead_letter_and_gives_exit_code_1(build: Build) -> None:
    world = build(
        [*past(20), *new_activities(SimulatedClock(), "unwanted", 1, ago=3600 * 30)], start="1h", feed=NO_ACCESS_ROWS
    )
    world.hec.fault("refuse-event", contains="unwanted", times=None)
    done = claude_siem(*wanted(world))
    assert done.returncode == 1
    assert "1 were refused" in done.stdout
    assert world.refused_by("splunk") == {"activity_unwanted_0"}


def _waiting(world: World) -> int:
    ((held,),) = world.query("SELECT coalesce(sum(bytes), 0) FROM chunk")
    return int(held)


def _busy(world: World) -> int:
    times: int = world.hec.stats()["faults"].get("busy", 0)
    return times


def test_half_of_the_store_stays_free_for_the_service(build: Build) -> None:
    world = build(past(3000), start="1h", feed=NO_ACCESS_ROWS)
    world.settings["store"]["max_bytes"] = "400KB"
    world.hec.fault("busy", times=None)
    with begun(wanted(world)) as process:
        until(lambda: _busy(world) > 0 and _waiting(world) > 100_000, process)
        busy = _busy(world)
        until(lambda: _busy(world) > busy + 3, process)
        assert _waiting(world) < 300_000
        world.hec.faults.clear()
        assert process.wait(TIMEOUT) == 0
    audited(world)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--from", "2026-04-01T00:00:00Z", "--to", "2026-03-01T00:00:00Z"], "--to must be after --from"),
        (["--from", "2026-04-01T00:00:00"], "has no time zone"),
        (["--from", "yesterday"], "is not a time"),
        (["--from", "2026-04-01T00:00:00Z", "--source", "chats"], "there is: activities"),
        ([], "--from"),
    ],
)
def test_arguments_that_cannot_work_are_refused_before_anything_is_done(
    arguments: list[str], message: str, build: Build
) -> None:
    world = build((), start="1h", feed=NO_ACCESS_ROWS)
    done = claude_siem("backfill", "--config", world.stage.write(world.settings), *arguments)
    assert done.returncode == 2
    assert message in " ".join(done.stderr.replace("│", " ").split())
    assert not world.store.exists()
