"""`claude-siem dead-letters` in a process of its own, on a store at rest and beside a running service."""

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from forwarder.records import DeadLetter, dead_letter_body
from forwarder.simulator import Issue
from forwarder.simulator.clock import SECOND
from forwarder.store import PageCommit, open_store
from tests.cli.commands import claude_siem
from tests.faults.process import Forwarder
from tests.faults.world import World
from tests.simulator.world import activity

COLUMNS = ["id", "when", "source", "refused_by", "reason", "uid", "detail"]
AT_US = 1_775_808_550_123_456
WHEN = "2026-04-10T08:09:10.123Z"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A feed without rows, and Splunk."""
    with World(tmp_path, (), sinks=("splunk",), start="1h") as made:
        made.feed.records_access = False
        yield made


def keep(world: World, *dead_letters: DeadLetter) -> None:
    """A store in which these dead letters are, and nothing else."""
    with closing(open_store(f"sqlite:///{world.store}", ("splunk",), 2**40)) as store:
        store.commit(PageCommit("activities", dead_letters=dead_letters), AT_US)


def of_source(row: Any, reason: str = "no-type", uid: str | None = None, detail: str = "why") -> DeadLetter:
    """The dead letter of an object that was refused when it was read."""
    return DeadLetter("activities", "source", reason, detail, uid, dead_letter_body(row))


def command(world: World, name: str, *arguments: object, **options: Any) -> CompletedProcess[str]:
    """`dead-letters NAME` with the settings of this world."""
    config = world.stage.write(world.settings)
    return claude_siem("dead-letters", name, "--config", config, *arguments, **options)


def three(world: World) -> None:
    """Dead letters 1 to 3: two that lack a type, and one of a sink."""
    keep(
        world,
        of_source({"id": "activity_1"}, uid="activity_1"),
        of_source({"id": "activity_2"}, uid="activity_2"),
        DeadLetter("activities", "splunk", "invalid", "why", "uid-3", b'{"metadata":{"uid":"uid-3"}}'),
    )


def refused_by_splunk(world: World) -> Forwarder:
    """A running service, whose Splunk refused the activity `bitter` and takes it now."""
    world.hec.fault("refuse-event", contains='"bitter"', times=None)
    forwarder = world.start()
    at_us = world.feed.clock.now_us() - 60 * SECOND
    rows = [activity("sweet", at_us), activity("bitter", at_us - 1, taste="bitter")]
    world.feed.extend([Issue(at_us, at_us - number, row) for number, row in enumerate(rows)])
    forwarder.until("it is a dead letter", lambda: command(world, "list").stdout)
    world.hec.faults.clear()
    return forwarder


# list


def test_list_prints_one_untruncated_line_for_each(world: World) -> None:
    long, ugly = "x" * 5000, "two\nlines\tand \x1b[31mred \u2028 é"
    keep(world, of_source({"id": "a"}, uid="a", detail=long), of_source([], detail=ugly))
    done = command(world, "list", COLUMNS="80")
    assert done.returncode == 0
    assert done.stdout.split("\n") == [
        f"1\t{WHEN}\tactivities\tsource\tno-type\ta\t{long}",
        f"2\t{WHEN}\tactivities\tsource\tno-type\t\ttwo\\nlines\\tand \\x1b[31mred \\u2028 é",
        "",
    ]


def test_list_as_json_has_the_same_fields_and_no_bodies(world: World) -> None:
    keep(world, of_source({"id": "a", "shy": "never-shown"}, uid="a"))
    done = command(world, "list", "--json")
    assert [json.loads(line) for line in done.stdout.splitlines()] == [
        dict(zip(COLUMNS, [1, WHEN, "activities", "source", "no-type", "a", "why"], strict=True))
    ]
    assert "never-shown" not in done.stdout + command(world, "list").stdout


def test_the_id_of_an_event_that_a_sink_refused_is_the_one_the_source_gave(world: World) -> None:
    forwarder = refused_by_splunk(world)
    (row,) = [json.loads(line) for line in command(world, "list", "--json").stdout.splitlines()]
    assert (row["refused_by"], row["reason"], row["uid"]) == ("splunk", "invalid-data-format", "activity_bitter")
    assert forwarder.stop() == 0


@pytest.mark.parametrize(
    ("filters", "ids"),
    [
        ((), "123"),
        (("--sink", "splunk"), "3"),
        (("--source", "activities"), "123"),
        (("--source", "usage"), ""),
        (("--reason", "no-type"), "12"),
        (("--reason", "no-type", "--sink", "splunk"), ""),
    ],
)
def test_filters_leave_what_they_name(filters: tuple[str, ...], ids: str, world: World) -> None:
    three(world)
    done = command(world, "list", *filters)
    assert done.returncode == 0
    assert "".join(line.split("\t")[0] for line in done.stdout.splitlines()) == ids


# show


def test_show_prints_everything_of_those_named(world: World) -> None:
    three(world)
    done = command(world, "show", 2, 3)
    assert done.returncode == 0
    first, second = done.stdout.rstrip("\n").split("\n\n")
    assert first.split("\n")[:2] == ["id: 2", f"when: {WHEN}"]
    assert first.endswith('body:\n{\n  "id": "activity_2"\n}')
    assert '"uid": "uid-3"' in second


def test_show_as_json_holds_the_bytes_as_they_are(world: World) -> None:
    keep(world, of_source({"n": 2**64 - 1, "f": 1.0}), of_source(None), of_source(0)._replace(body=b"no json \xff"))
    lines = command(world, "show", "--json", 1, 2, 3).stdout.splitlines()
    assert lines[0].endswith('"body":{"n":18446744073709551615,"f":1.0}}')
    assert lines[1].endswith('"body":null}')
    assert json.loads(lines[2])["body"] == "no json \ufffd"
    assert [*json.loads(lines[0])] == [*COLUMNS, "body"]


def test_a_body_cannot_steer_a_terminal(world: World) -> None:
    keep(world, of_source({"text": "\x1b[2J\x9b2J\u202e"}))
    assert not set(command(world, "show", 1).stdout) & set("\x1b\x9b\u202e")


# replay


def test_replay_requeues_for_the_running_service(world: World) -> None:
    forwarder = refused_by_splunk(world)
    done = command(world, "replay", 1)
    assert (done.returncode, done.stdout) == (0, "1\trequeued\tfor splunk\n1 requeued\n")
    world.assert_delivered(forwarder)
    assert command(world, "list").stdout == ""


def test_replay_now_sends_until_confirmed(world: World) -> None:
    assert refused_by_splunk(world).stop() == 0
    done = command(world, "replay", "--all", "--now")
    assert (done.returncode, done.stdout) == (0, "1\tdelivered\tto splunk\n1 delivered\n")
    assert world.has_received("splunk", ["activity_bitter"])


def test_replay_now_exits_with_1_when_an_event_is_refused_again(world: World) -> None:
    assert refused_by_splunk(world).stop() == 0
    world.hec.fault("refuse-event", contains='"bitter"', times=None)
    done = command(world, "replay", "--all", "--now")
    assert done.returncode == 1
    assert done.stdout.startswith("1\trefused again\tsplunk: invalid-data-format: ")
    assert command(world, "list").stdout.startswith("2\t")


def test_replay_now_names_the_running_service_and_does_nothing(world: World) -> None:
    forwarder = refused_by_splunk(world)
    done = command(world, "replay", "--all", "--now")
    assert (done.returncode, done.stdout) == (2, "")
    assert f"in use by another forwarder (process {forwarder.pid})" in done.stderr
    assert command(world, "list").stdout.startswith("1\t")
    assert forwarder.stop() == 0


def test_replay_exits_with_1_when_a_record_is_still_refused(world: World) -> None:
    three(world)
    done = command(world, "replay", "--reason", "no-type")
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        "1\tstill refused\tno-type: `type` is None, not a string",
        "2\tstill refused\tno-type: `type` is None, not a string",
        "2 still refused",
    ]


# drop


def test_drop_removes_those_named_and_prints_which(world: World) -> None:
    three(world)
    shown = command(world, "list").stdout.splitlines()
    done = command(world, "drop", 1, 3)
    assert done.returncode == 0
    assert done.stdout.splitlines() == [shown[0], shown[2], "2 dead letters dropped"]
    assert command(world, "list").stdout.splitlines() == [shown[1]]


def test_drop_all_needs_a_yes_and_keeps_to_the_filters(world: World) -> None:
    three(world)
    done = command(world, "drop", "--all", "--reason", "no-type")
    assert (done.returncode, done.stdout) == (2, "")
    assert "2 dead letters would be dropped for good: add --yes" in done.stderr
    assert len(command(world, "list").stdout.splitlines()) == 3
    done = command(world, "drop", "--all", "--reason", "no-type", "--yes")
    assert done.stdout.splitlines()[-1] == "2 dead letters dropped"
    assert command(world, "list").stdout.startswith("3\t")


# Never more than is asked


@pytest.mark.parametrize("name", ["show", "replay", "drop"])
def test_an_unknown_id_is_named_and_nothing_is_done(name: str, world: World) -> None:
    three(world)
    done = command(world, name, 1, 99, 7)
    assert (done.returncode, done.stdout) == (2, "")
    assert "there is no dead letter 7, 99; nothing was done" in done.stderr
    assert len(command(world, "list").stdout.splitlines()) == 3
    assert world.query("SELECT count(*) FROM chunk") == [(0,)]


@pytest.mark.parametrize(
    "arguments",
    [
        ("replay",),
        ("replay", "1", "--all"),
        ("replay", "1", "--sink", "splunk"),
        ("drop",),
        ("drop", "--yes"),
        ("drop", "--sink", "splunk", "--yes"),
        ("drop", "1", "--all", "--yes"),
    ],
    ids=" ".join,
)
def test_a_command_that_does_not_choose_does_nothing(arguments: tuple[str, ...], world: World) -> None:
    three(world)
    done = command(world, *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert len(command(world, "list").stdout.splitlines()) == 3


def test_a_store_that_is_not_there_is_not_made(world: World) -> None:
    done = command(world, "list")
    assert done.returncode == 2
    assert "there is no store" in done.stderr
    assert not world.store.exists()
