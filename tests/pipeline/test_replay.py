"""Dead letters on their way back: into the store beside a running service, or to the destinations at once."""

import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from forwarder.errors import Misconfigured
from forwarder.pipeline import Service, replay_batches, service
from forwarder.pipeline.replay import Outcome
from forwarder.pipeline.replay_batches import requeue_in_batches
from forwarder.pipeline.resend import send_now
from forwarder.records import DeadLetter, dead_letter_body, event_uid, namespace
from forwarder.settings import Settings, load_settings
from forwarder.simulator import Issue
from forwarder.simulator.clock import SECOND
from forwarder.simulator.hec_protocol import Acks
from forwarder.store import DeadLetterFilter, PageCommit, open_dead_letters, open_store
from tests.faults.process import Forwarder
from tests.faults.world import World
from tests.simulator.world import activity

ALL = DeadLetterFilter()
REFUSED = {"contains": '"unwanted"', "times": None}
"""What the HEC of these tests refuses."""
NEVER = 10_000.0


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A feed without rows; Splunk and Sentinel."""
    with World(tmp_path, (), sinks=("splunk", "sentinel"), start="1h") as made:
        made.feed.records_access = False
        yield made


def activities_happen(world: World, name: str, count: int, **fields: Any) -> list[str]:
    """So many activities with these fields a minute ago; their event ids."""
    now_us = world.feed.clock.now_us()
    times = [now_us - 60 * SECOND - number for number in range(count)]
    made = [activity(f"{name}_{number}", at_us, **fields) for number, at_us in enumerate(times)]
    world.feed.extend([Issue(now_us, at_us, row) for row, at_us in zip(made, times, strict=True)])
    return [event_uid(namespace("activity"), str(row["id"])) for row in made]


def refused(world: World, forwarder: Forwarder, count: int = 1) -> list[str]:
    """Let Splunk refuse so many events among others, then take them; the event ids of what it refused."""
    world.hec.fault("refuse-event", **REFUSED)
    before = len(dead_letters(world))
    taken = activities_happen(world, f"taken_{before}", 5)
    uids = activities_happen(world, f"unwanted_{before}", count, taste="unwanted")
    forwarder.until("they are refused", lambda: len(dead_letters(world)) == before + count)
    forwarder.until("the others are there", lambda: set(taken) <= set(world.hec.uids()))
    forwarder.until("sentinel has all", lambda: {*taken, *uids} <= set(world.logs.uids()))
    after = activities_happen(world, f"after_{before}", 1)
    forwarder.until("new events are delivered", lambda: {*after} <= set(world.hec.uids()) & set(world.logs.uids()))
    world.hec.faults.clear()
    return uids


def dead_letters(world: World) -> list[int]:
    """The ids of the dead letters, as a second process sees them."""
    with closing(open_dead_letters(f"sqlite:///{world.store}")) as beside:
        return beside.chosen(ALL)


def replay(world: World, *sinks: str) -> list[Outcome]:
    """Requeue every dead letter, beside the owner of the store."""
    with closing(open_dead_letters(f"sqlite:///{world.store}")) as beside:
        return list(requeue_in_batches(beside, beside.chosen(ALL), sinks or ("splunk", "sentinel")))


def settings(world: World) -> Settings:
    """What the service was started with."""
    return load_settings(world.stage.write(world.settings), {})


def now(world: World, stop: threading.Event | None = None) -> list[Outcome]:
    """Send every dead letter from this process."""
    return list(send_now(settings(world), ALL, stop or threading.Event()))


def keep(world: World, *kept: DeadLetter) -> None:
    """A store in which these dead letters are, and nothing else."""
    with closing(open_store(f"sqlite:///{world.store}", ("splunk", "sentinel"), 2**40)) as store:
        store.commit(PageCommit("activities", dead_letters=kept), world.feed.clock.now_us())


def of_source(row: object, reason: str = "no-id") -> DeadLetter:
    """The dead letter of an object that was refused when it was read."""
    return DeadLetter("activities", "source", reason, "why", None, dead_letter_body(row))


def until(done: Callable[[], bool], seconds: float = 20.0) -> None:
    """Wait for it."""
    began = time.monotonic()
    while not done():
        assert time.monotonic() - began < seconds, "the condition did not come true"
        time.sleep(0.02)


# Beside a running service


def test_the_running_service_sends_what_is_requeued_to_the_sink_that_refused_it_alone(world: World) -> None:
    forwarder = world.start()
    (uid,) = refused(world, forwarder)
    sentinel = dict(world.logs.uids())
    (outcome,) = replay(world)
    assert (outcome.fate, outcome.detail, outcome.ok) == ("requeued", "for splunk", True)
    forwarder.until("it arrives", lambda: uid in world.hec.uids())
    forwarder.until("nothing waits", lambda: forwarder.metric("forwarder_backlog_events") == 0)
    assert dead_letters(world) == []
    assert forwarder.metric("forwarder_store_bytes") == 0
    assert world.hec.uids()[uid] == 1
    assert {known: world.logs.uids()[known] for known in sentinel} == sentinel
    assert forwarder.stop() == 0


def test_what_is_replayed_is_the_envelope_that_was_refused(world: World) -> None:
    forwarder = world.start()
    (uid,) = refused(world, forwarder)
    assert forwarder.stop() == 0
    ((body, key_fields),) = world.query("SELECT body, key_fields FROM dead_letter")
    replay(world)
    forwarder = world.start()
    forwarder.until("it arrives", lambda: uid in world.hec.uids())
    (sent,) = [event for event in world.hec.events() if event["event"]["metadata"]["uid"] == uid]
    assert sent["event"] == json.loads(body)
    assert sent["source"] == "claude:activities"
    assert sent["fields"]["claude_actor"] == "user_ada"
    assert set(sent["fields"].values()) - {sent["time"]} <= set(json.loads(key_fields).values())
    assert forwarder.stop() == 0


def test_a_kill_between_requeuing_and_delivery_loses_and_doubles_nothing(world: World) -> None:
    forwarder = world.start()
    uids = refused(world, forwarder, count=5)
    world.hec.fault("busy", times=None)
    activities_happen(world, "not delivered yet", 3)
    forwarder.until("Splunk is down", lambda: forwarder.metric("forwarder_failures_total", subject="sinks.splunk"))
    assert [outcome.fate for outcome in replay(world)] == ["requeued"] * 5
    world.kill(forwarder)
    world.hec.faults.clear()
    forwarder = world.start()
    forwarder.until("all arrive", lambda: set(uids) <= set(world.hec.uids()))
    world.assert_delivered(forwarder)
    assert dead_letters(world) == []
    assert world.duplicated("splunk") == world.duplicated("sentinel") == set()


def test_an_event_that_is_refused_again_is_a_dead_letter_again_and_the_rest_goes_on(world: World) -> None:
    forwarder = world.start()
    uids = refused(world, forwarder, count=3)
    world.hec.fault("refuse-event", **REFUSED)
    assert all(outcome.ok for outcome in replay(world))
    forwarder.until("they are dead letters again", lambda: len(dead_letters(world)) == 3)
    late = activities_happen(world, "late", 2)
    forwarder.until("others are delivered", lambda: set(late) <= set(world.hec.uids()))
    assert not set(uids) & set(world.hec.uids())
    world.hec.faults.clear()
    replay(world)
    forwarder.until("all arrive", lambda: set(uids) <= set(world.hec.uids()))
    assert forwarder.stop() == 0


def test_many_that_are_refused_again_never_stop_the_events_behind_them(world: World) -> None:
    forwarder = world.start()
    for _ in range(3):
        refused(world, forwarder, count=8)
    world.hec.fault("refuse-event", **REFUSED)
    outcomes = replay(world)
    assert [outcome.fate for outcome in outcomes] == ["refused again"] * 10 + ["not requeued"] * 14
    assert "fix the destination first" in outcomes[-1].detail
    late = activities_happen(world, "late", 2)
    forwarder.until("fresh events are delivered", lambda: set(late) <= set(world.hec.uids()))
    assert not forwarder.red()
    assert len(dead_letters(world)) == 24
    assert forwarder.stop() == 0


def test_many_are_delivered_when_the_destination_is_fixed(world: World) -> None:
    forwarder = world.start()
    uids = [uid for _ in range(3) for uid in refused(world, forwarder, count=8)]
    assert [outcome.fate for outcome in replay(world)] == ["delivered"] * 20 + ["requeued"] * 4
    forwarder.until("all arrive", lambda: set(uids) <= set(world.hec.uids()))
    world.assert_delivered(forwarder)
    assert world.duplicated("splunk") == set()


def test_some_that_are_refused_again_hold_back_no_other(world: World) -> None:
    forwarder = world.start()
    uids = [uid for _ in range(3) for uid in refused(world, forwarder, count=8)]
    world.hec.fault("refuse-event", contains="activity_unwanted_8_", times=None)
    assert not any(outcome.fate == "not requeued" for outcome in replay(world))
    forwarder.until("the others arrive", lambda: len(set(uids) & set(world.hec.uids())) == 16)
    forwarder.until("these are dead letters again", lambda: len(dead_letters(world)) == 8)
    assert not forwarder.red()
    assert forwarder.stop() == 0


def test_without_a_service_no_more_are_requeued_than_a_sink_may_refuse(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay_batches, "WITHOUT_NEWS", 0.1)
    forwarder = world.start()
    for _ in range(2):
        refused(world, forwarder, count=6)
    assert forwarder.stop() == 0
    outcomes = replay(world)
    assert [outcome.fate for outcome in outcomes] == ["requeued"] * 10 + ["not requeued"] * 2
    assert "not confirmed yet" in outcomes[-1].detail
    assert len(dead_letters(world)) == 2


def test_a_dead_letter_of_a_sink_that_is_gone_stays(world: World) -> None:
    forwarder = world.start()
    refused(world, forwarder)
    assert forwarder.stop() == 0
    (outcome,) = replay(world, "sentinel")
    assert (outcome.fate, outcome.ok) == ("not requeued", False)
    assert "sinks.splunk is removed or disabled" in outcome.detail
    assert len(dead_letters(world)) == 1
    assert world.query("SELECT count(*) FROM chunk") == [(0,)]


def test_the_running_service_drops_old_dead_letters_and_logs_how_many(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "HEALTH_EVERY", 0.1)
    world.settings["store"]["dead_letters_keep"] = "1h"
    young, old = of_source(1), of_source(2)
    keep(world, young, old)
    world.query("UPDATE dead_letter SET at_us = at_us - 3600 * 1000000 WHERE id = 2")
    forwarder, stop = Service(settings(world), serve_status=False), threading.Event()
    with capture_logs() as logs:
        thread = threading.Thread(target=forwarder.run, args=(stop,))
        thread.start()
        until(lambda: dead_letters(world) == [1])
        stop.set()
        thread.join(timeout=25)
    assert not thread.is_alive()
    assert [line["dead_letters"] for line in logs if line["event"].startswith("dead letters dropped")] == [1]


# What was refused before it became an event


def test_a_record_that_is_admitted_now_goes_to_every_sink_as_if_it_had_just_been_read(world: World) -> None:
    (row,) = [activity("fixed", world.feed.clock.now_us() - 600 * SECOND, note="2" * 30, big=2**63 - 1)]
    keep(world, of_source(row)._replace(refused_by="normalizer", reason="KeyError"))
    (outcome,) = replay(world)
    assert (outcome.fate, outcome.detail) == ("requeued", "for splunk, sentinel")
    forwarder = world.start()
    uid = event_uid(namespace("activity"), "activity_fixed")
    forwarder.until("it arrives", lambda: uid in world.hec.uids() and uid in world.logs.uids())
    (event,) = [e["event"] for e in world.hec.events() if e["event"]["metadata"]["uid"] == uid]
    assert event["metadata"]["original_event_uid"] == "activity_fixed"
    assert event["unmapped"]["big"] == 2**63 - 1
    assert dead_letters(world) == []
    assert forwarder.stop() == 0


def test_a_record_that_was_read_again_since_is_not_sent_twice(world: World) -> None:
    (uid,) = activities_happen(world, "found", 1)
    (row,) = [json.loads(issued.text) for issued in world.feed.issued_rows()]
    forwarder = world.start()
    forwarder.until("it is delivered", lambda: uid in world.hec.uids() and uid in world.logs.uids())
    assert forwarder.stop() == 0
    keep(world, of_source(row))
    (outcome,) = replay(world)
    assert (outcome.fate, outcome.ok) == ("already delivered", True)
    assert dead_letters(world) == []
    assert world.query("SELECT count(*) FROM chunk") == [(0,)]


@pytest.mark.parametrize(
    ("row", "reason"),
    [([], "not-an-object"), (None, "not-an-object"), ({"id": "a", "type": "b"}, "bad-created-at"), ({}, "no-id")],
)
def test_what_is_still_refused_stays_a_dead_letter_with_its_new_reason(row: object, reason: str, world: World) -> None:
    keep(world, of_source(row, "an-old-reason"))
    (outcome,) = replay(world)
    assert (outcome.fate, outcome.ok) == ("still refused", False)
    assert world.query("SELECT id, reason FROM dead_letter") == [(1, reason)]
    assert replay(world) == [outcome]


def test_what_no_admission_knows_stays(world: World) -> None:
    keep(world, of_source({})._replace(source="usage"), DeadLetter("activities", "source", "odd", "", None, b"no json"))
    assert [outcome.fate for outcome in replay(world)] == ["not requeued", "still refused"]
    assert dead_letters(world) == [1, 2]


# Without a service


def test_now_is_refused_with_the_name_of_the_running_service_and_changes_nothing(world: World) -> None:
    forwarder = world.start()
    refused(world, forwarder)
    message = rf"in use by another forwarder \(process {forwarder.pid}\).*leave out --now: the running service sends"
    with pytest.raises(Misconfigured, match=message):
        now(world)
    assert len(dead_letters(world)) == 1
    assert forwarder.stop() == 0


def test_now_sends_until_the_sink_has_confirmed(world: World) -> None:
    forwarder = world.start()
    uids = refused(world, forwarder, count=2)
    assert forwarder.stop() == 0
    world.hec.fault("busy", times=2)
    assert [(outcome.fate, outcome.detail) for outcome in now(world)] == [("delivered", "to splunk")] * 2
    assert all(world.hec.uids()[uid] == 1 for uid in uids)
    assert world.query("SELECT count(*) FROM chunk") == [(0,)]
    assert dead_letters(world) == []


def test_now_waits_for_the_acknowledgement(world: World) -> None:
    world.hec.acks = Acks(world.hec.clock, 0.0)
    forwarder = world.start()
    (uid,) = refused(world, forwarder)
    assert forwarder.stop() == 0
    world.hec.acks.delay = 2.0
    began = time.monotonic()
    assert [outcome.fate for outcome in now(world)] == ["delivered"]
    assert time.monotonic() - began > 2.0
    assert world.hec.uids()[uid] == 1


def test_now_never_makes_a_sink_look_wrong_with_what_it_refused_before(world: World) -> None:
    forwarder = world.start()
    for _ in range(3):
        refused(world, forwarder, count=8)
    assert forwarder.stop() == 0
    world.hec.fault("refuse-event", **REFUSED)
    outcomes = now(world)
    assert [outcome.fate for outcome in outcomes] == ["refused again"] * 24
    assert "splunk: invalid-data-format" in outcomes[0].detail
    assert len(dead_letters(world)) == 24
    assert world.query("SELECT count(*) FROM chunk") == [(0,)]


def test_what_cannot_be_sent_now_waits_in_the_store_and_what_follows_stays_a_dead_letter(world: World) -> None:
    forwarder = world.start()
    for _ in range(2):
        refused(world, forwarder, count=6)
    assert forwarder.stop() == 0
    world.hec.disable_token()
    stop = threading.Event()
    tried = len(world.hec.served())
    threading.Timer(0.0, partial(_set_when, stop, lambda: len(world.hec.served()) > tried)).start()
    outcomes = now(world, stop)
    assert [outcome.fate for outcome in outcomes] == ["not delivered yet"] * 10 + ["not requeued"] * 2
    assert "kept in the store" in outcomes[0].detail
    assert len(dead_letters(world)) == 2
    world.hec.disable_token(False)
    replay(world)
    world.assert_delivered(world.start())


def _set_when(stop: threading.Event, done: Callable[[], bool]) -> None:
    until(done)
    stop.set()


def test_a_damaged_store_is_left_to_the_service(world: World) -> None:
    forwarder = world.start()
    refused(world, forwarder)
    assert forwarder.stop() == 0
    world.query("PRAGMA wal_checkpoint(TRUNCATE)")
    ((page,),) = world.query("SELECT rootpage FROM sqlite_schema WHERE name = 'known_id'")
    ((size,),) = world.query("PRAGMA page_size")
    with world.store.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(os.urandom(size))
    with pytest.raises(Misconfigured, match=r"(?s)is damaged .*; the service sets it aside"):
        now(world)
    assert not list(world.store.parent.glob("store.db.damaged-*"))
    assert len(dead_letters(world)) == 1
