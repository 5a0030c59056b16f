"""The archive: a chain that verifies, across restarts, crashes, days and full disks."""

import fcntl
import gzip
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from forwarder.errors import ForwarderError, Misconfigured, Retry
from forwarder.sinks.archive import verify
from tests.sinks.archives import archive, numbered
from tests.sinks.deliveries import Outcome, chunk, outcome
from tests.store.disk import files_of_at_most

GENESIS = "0" * 64


def lines_of(folder: Path) -> list[dict[str, Any]]:
    """Every line of every part in order, after its chain was checked as its documentation says."""
    lines: list[dict[str, Any]] = []
    last = GENESIS
    for part in sorted(folder.glob("*/part-*.ndjson.gz")):
        for raw in gzip.decompress(part.read_bytes()).splitlines():
            line = json.loads(raw)
            event = raw.split(b'"event":', 1)[1][:-1]
            assert line["prev"] == last
            assert line["seq"] == len(lines) + 1
            last = hashlib.sha256(f"{last} {line['seq']} ".encode() + event).hexdigest()
            assert line["hash"] == last
            lines.append(line)
    return lines


def batches(folder: Path) -> list[int]:
    """The chunk that each line came from."""
    return [line["event"]["batch"] for line in lines_of(folder)]


def test_a_chain_goes_on_across_restarts_and_its_head_is_known(tmp_path: Path) -> None:
    for chunk_id in range(1, 6):
        sink = archive(tmp_path)
        assert outcome(sink.deliver(numbered(chunk_id))) == Outcome(3, [], None)
        assert sink.chain_head() == lines_of(tmp_path)[-1]["hash"]
    assert batches(tmp_path) == [n for n in range(1, 6) for _ in range(3)]


def test_two_processes_that_write_in_turn_keep_one_chain(tmp_path: Path) -> None:
    """One that was paused while another took over its store resumes with the head of before."""
    paused, successor = archive(tmp_path), archive(tmp_path)
    for chunk_id in range(1, 7):
        assert outcome((paused, successor)[chunk_id % 2].deliver(numbered(chunk_id))) == Outcome(3, [], None)
    assert batches(tmp_path) == [n for n in range(1, 7) for _ in range(3)]


def test_a_write_waits_while_another_process_is_writing(tmp_path: Path) -> None:
    handle = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    sink = archive(tmp_path)
    assert isinstance(outcome(sink.deliver(numbered(1))).error, Retry)
    os.close(handle)
    assert outcome(sink.deliver(numbered(1))) == Outcome(3, [], None)
    assert batches(tmp_path) == [1, 1, 1]


def test_a_changed_removed_or_inserted_line_breaks_the_chain(tmp_path: Path) -> None:
    outcome(archive(tmp_path).deliver(numbered(1, 10)))
    (part,) = tmp_path.glob("*/part-0001.ndjson.gz")
    lines = gzip.decompress(part.read_bytes()).splitlines(keepends=True)
    changed = [line.replace(b'"uid-4"', b'"uid-5"') for line in lines]
    for forged in (changed, lines[:4] + lines[5:], [*lines[:4], lines[3], *lines[4:]], lines[::-1]):
        part.write_bytes(gzip.compress(b"".join(forged)))
        with pytest.raises(AssertionError):
            lines_of(tmp_path)


@pytest.mark.parametrize("torn", [b"\x1f\x8b\x08", b"garbage" * 100, gzip.compress(b'{"seq":4}\n', mtime=0)])
def test_an_incomplete_tail_is_removed_and_written_again(torn: bytes, tmp_path: Path) -> None:
    outcome(archive(tmp_path).deliver(numbered(1)))
    (part,) = tmp_path.glob("*/part-0001.ndjson.gz")
    with part.open("ab") as file:
        file.write(torn)
    assert outcome(archive(tmp_path).deliver(numbered(2))) == Outcome(3, [], None)
    assert batches(tmp_path) == [1, 1, 1, 2, 2, 2]


def test_a_chunk_that_was_written_but_not_noted_in_the_store_is_not_written_twice(tmp_path: Path) -> None:
    for _ in range(2):
        assert outcome(archive(tmp_path).deliver(numbered(7))) == Outcome(3, [], None)
    assert batches(tmp_path) == [7, 7, 7]
    outcome(archive(tmp_path).deliver(numbered(7, store="a new store, which counts from one again")))
    assert batches(tmp_path) == [7] * 6


def yesterday(folder: Path) -> Path:
    """Let what stands in the archive have happened on an earlier day."""
    (day,) = (path for path in folder.iterdir() if path.is_dir())
    earlier = day.rename(folder / "2020-02-29")
    head = folder / "head.json"
    head.write_text(json.dumps({**json.loads(head.read_text()), "day": "2020-02-29"}))
    return earlier


def test_a_day_closes_with_a_manifest_and_the_chain_goes_on(tmp_path: Path) -> None:
    outcome(archive(tmp_path).deliver(numbered(1)))
    outcome(archive(tmp_path).deliver(numbered(2, 4)))
    earlier = yesterday(tmp_path)
    outcome(archive(tmp_path).deliver(numbered(3)))
    lines = lines_of(tmp_path)
    assert json.loads((earlier / "manifest.json").read_text()) == {
        "day": "2020-02-29",
        "lines": 7,
        "parts": 1,
        "seq": 7,
        "hash": lines[6]["hash"],
    }
    assert batches(tmp_path) == [1, 1, 1, 2, 2, 2, 2, 3, 3, 3]
    assert len(list(tmp_path.glob("*/manifest.json"))) == 1


def test_an_incomplete_tail_is_removed_even_when_the_day_changed_meanwhile(tmp_path: Path) -> None:
    outcome(archive(tmp_path).deliver(numbered(1)))
    head = (tmp_path / "head.json").read_bytes()
    outcome(archive(tmp_path).deliver(numbered(2)))
    (tmp_path / "head.json").write_bytes(head)  # as a crash between the member and the head leaves it
    yesterday(tmp_path)
    outcome(archive(tmp_path).deliver(numbered(2)))
    assert batches(tmp_path) == [1, 1, 1, 2, 2, 2]


def test_a_lost_or_damaged_head_is_a_misconfiguration(tmp_path: Path) -> None:
    outcome(archive(tmp_path).deliver(numbered(1)))
    head = tmp_path / "head.json"
    for content in (b"", b"{", b"[]", b'{"day": 1, "more": 2}'):
        head.write_bytes(content)
        assert isinstance(outcome(archive(tmp_path).deliver(numbered(2))).error, Misconfigured)
    head.unlink()
    error = outcome(archive(tmp_path).deliver(numbered(2))).error
    assert isinstance(error, Misconfigured)
    assert "head.json is missing" in str(error)
    assert batches(tmp_path) == [1, 1, 1]


def test_a_full_disk_is_retried_and_leaves_the_chain_intact(tmp_path: Path) -> None:
    sink = archive(tmp_path)
    outcome(sink.deliver(numbered(1)))
    with files_of_at_most(400):
        result = outcome(sink.deliver(numbered(2, 200)))
    assert (result.position, type(result.error)) == (0, Retry)
    assert verify(tmp_path).intact
    assert outcome(sink.deliver(numbered(2, 200))).error is None
    assert batches(tmp_path) == [1] * 3 + [2] * 200


def test_a_disk_that_fills_up_behind_the_first_member_is_retried(tmp_path: Path) -> None:
    """Whatever size the disk has left, it is a pause, and the first chunk is there once afterwards."""
    for size in range(0, 400, 10):
        folder = tmp_path / str(size)
        sink = archive(folder)
        with files_of_at_most(size):
            error: ForwarderError | None = outcome(sink.deliver(numbered(1, 1))).error
        assert error is None or type(error) is Retry, size
        assert outcome(archive(folder).deliver(numbered(1, 1))).error is None, size
        assert batches(folder) == [1]


@pytest.mark.parametrize("place", ["file", "file/archive"])
def test_a_path_where_no_archive_can_be_is_named_by_check(place: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Misconfigured, match=r"sinks\.archive\.path"):
        archive(tmp_path / place).check(chunk(1))


def test_check_writes_nothing(tmp_path: Path) -> None:
    assert "can be written" in archive(tmp_path / "new").check(chunk(1))
    assert not list((tmp_path / "new").rglob("*"))


def test_kill_9_at_any_time_loses_no_line_and_writes_none_twice(tmp_path: Path) -> None:
    done = 0
    for seconds in (0.02, 0.05, 0.1, 0.07):
        command = [sys.executable, "-m", "tests.sinks.archives", str(tmp_path), str(done + 1)]
        root = Path(__file__).parents[2]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root) as child:
            assert child.stdout
            promised = [child.stdout.readline()]
            time.sleep(seconds)
            child.send_signal(signal.SIGKILL)
            promised += child.stdout.read().splitlines()
        done = int([line for line in promised if line.strip()][-1])
        assert verify(tmp_path, archive(tmp_path).chain_head()).intact
        assert outcome(archive(tmp_path).deliver(numbered(done + 1))).error is None
        done += 1
        assert batches(tmp_path) == [n for n in range(1, done + 1) for _ in range(3)]
