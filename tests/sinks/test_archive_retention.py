"""Retention: closed days that are old enough are removed, their end is recorded, and the rest is still proven."""

import json
import shutil
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest

from forwarder.errors import Misconfigured, Retry
from forwarder.sinks.archive import verify
from tests.sinks.archives import FIRST_DAY, World, edit, fault_text, read


def kept(folder: Path) -> list[int]:
    """The days that are there, counted from the first."""
    return sorted((FIRST_DAY.fromisoformat(day.name) - FIRST_DAY).days for day in folder.glob("*-*-*"))


def lived(folder: Path, keep: int | None, days: int) -> World:
    """An archive whose sink has lived through so many days."""
    world = World(folder, keep)
    for _ in range(days):
        world.deliver_a_day(1)
    return world


def test_without_keep_every_day_stays(tmp_path: Path) -> None:
    lived(tmp_path, None, 10)
    assert kept(tmp_path) == list(range(10))
    assert not (tmp_path / "trimmed.json").exists()


def test_a_day_older_than_keep_is_removed_and_the_rest_is_still_proven(tmp_path: Path) -> None:
    world = World(tmp_path, keep=3)
    heads = []
    for day in range(8):
        world.deliver_a_day()
        heads.append(world.head())
        assert kept(tmp_path) == list(range(max(0, day - 3), day + 1))
        assert verify(tmp_path, world.head()).intact
    assert json.loads((tmp_path / "trimmed.json").read_text()) == {"day": "2026-01-04", "seq": 32, "hash": heads[3]}
    report = verify(tmp_path)
    assert (report.days, report.lines) == (4, 32)
    assert report.first
    assert report.first.seq == 33
    assert report.notes == ("trimmed.json records that retention removed the days up to 2026-01-04, seq 1 to 32",)


def test_only_the_last_hash_of_the_removed_days_is_known_and_others_may_have_been_removed(
    tmp_path: Path,
) -> None:
    world, heads = World(tmp_path, keep=3), []
    for _ in range(8):
        world.deliver_a_day()
        heads.append(world.head())
    assert [verify(tmp_path, head).intact for head in heads] == [False] * 3 + [True] * 5
    assert "or its line was among those that trimmed.json records as removed" in fault_text(verify(tmp_path, heads[0]))


def test_the_day_of_the_head_is_never_removed(tmp_path: Path) -> None:
    world = lived(tmp_path, 3, 2)
    world.today += timedelta(days=1000)
    world.restarted()
    assert kept(tmp_path) == [0, 1]
    assert world.deliver().error is None
    assert kept(tmp_path) == [1002]
    assert verify(tmp_path, world.head()).intact


def test_a_start_removes_days_that_became_too_old_while_the_forwarder_was_stopped(tmp_path: Path) -> None:
    world = lived(tmp_path, None, 6)
    world.keep = 2
    world.today -= timedelta(days=1)
    world.restarted()
    assert world.deliver().error is None
    assert kept(tmp_path) == [3, 4, 5]
    assert verify(tmp_path).intact


def test_a_day_without_a_manifest_and_all_later_days_are_kept(tmp_path: Path) -> None:
    world = lived(tmp_path, None, 6)
    (world.day(2) / "manifest.json").unlink()
    world.keep = 1
    world.restarted()
    world.deliver()
    assert kept(tmp_path) == [2, 3, 4, 5, 6]
    assert "2026-01-03/manifest.json: is missing" in fault_text(verify(tmp_path))


@pytest.mark.parametrize("gone", [(), (1,), (0, 1), (0,)])
def test_a_crash_between_the_record_and_the_removal_is_repaired_at_the_next_start(
    gone: tuple[int, ...], tmp_path: Path
) -> None:
    """Whatever the crash left of the days that were to go."""
    world = lived(tmp_path / "archive", None, 6)
    shutil.copytree(world.folder, tmp_path / "before")
    world.keep = 4
    world.restarted()
    assert world.deliver().error is None
    assert kept(world.folder) == [2, 3, 4, 5, 6]
    head = world.head()
    for day in range(2):
        if day not in gone:
            name = world.day(day).name
            shutil.copytree(tmp_path / "before" / name, world.day(day))
            (world.day(day) / "manifest.json").unlink()
    report = verify(world.folder, head)
    assert report.intact, fault_text(report)
    assert ("next start completes that" in report.notes[0]) == (len(gone) < 2)
    world.restarted()
    world.keep = None
    assert world.deliver().error is None
    assert kept(world.folder) == [2, 3, 4, 5, 6]
    assert verify(world.folder, head).intact


def test_a_removed_day_without_a_record_is_reported_as_missing(tmp_path: Path) -> None:
    world = lived(tmp_path, 3, 8)
    shutil.rmtree(world.day(4))
    assert "seq 9 to 10 are missing between trimmed.json and here" in fault_text(verify(tmp_path))


def test_a_missing_record_of_removed_days_is_found(tmp_path: Path) -> None:
    lived(tmp_path, 3, 8)
    (tmp_path / "trimmed.json").unlink()
    assert "seq 1 to 8 are missing between the beginning and here" in fault_text(verify(tmp_path))


def test_an_edited_record_of_removed_days_is_found(tmp_path: Path) -> None:
    lived(tmp_path, 3, 8)
    file = tmp_path / "trimmed.json"
    for key, value in {"day": "2026-01-05", "seq": 7, "hash": "f" * 64}.items():
        whole = file.read_bytes()
        edit(file, **{key: value})
        (fault,) = verify(tmp_path).faults
        assert "trimmed.json" in str(fault)
        file.write_bytes(whole)
    assert verify(tmp_path).intact


def test_a_damaged_record_of_removed_days_is_a_misconfiguration_and_removes_nothing(tmp_path: Path) -> None:
    world = lived(tmp_path, 3, 8)
    for content in (b"", b'{"day": "9999-12-31"}'):
        (tmp_path / "trimmed.json").write_bytes(content)
        world.restarted()
        error = world.deliver().error
        assert isinstance(error, Misconfigured)
        assert "trimmed.json is damaged" in str(error)
    assert kept(tmp_path) == [4, 5, 6, 7]


def test_a_day_that_cannot_be_removed_is_retried_and_no_line_is_written_twice(tmp_path: Path) -> None:
    world = lived(tmp_path, 3, 4)
    shutil.rmtree(world.day(0))
    elsewhere = tmp_path.with_name(f"{tmp_path.name}-elsewhere")
    elsewhere.mkdir()
    (elsewhere / "manifest.json").write_text('{"day":"2026-01-01","lines":2,"parts":1,"seq":2,"hash":"0"}')
    world.day(0).symlink_to(elsewhere)  # which nothing removes for a folder
    world.today += timedelta(days=1)
    error = world.deliver().error
    assert isinstance(error, Retry)
    assert "symbolic link" in str(error)
    world.chunks -= 1
    world.day(0).unlink()
    assert world.deliver().error is None
    assert [len(read(part)) for part in sorted(tmp_path.glob("*/part-*"))] == [2, 2, 2]


def test_kill_9_at_any_time_with_retention_leaves_an_intact_archive(tmp_path: Path) -> None:
    done = 0
    for seconds in (0.02, 0.05, 0.1, 0.07, 0.03, 0.06):
        command = [sys.executable, "-m", "tests.sinks.test_archive_retention", str(tmp_path), str(done)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]) as child:
            assert child.stdout
            confirmed = [child.stdout.readline()]
            time.sleep(seconds)
            child.send_signal(signal.SIGKILL)
            confirmed += child.stdout.read().splitlines()
        chunks, head = confirmed[-1].split()
        report = verify(tmp_path, head)
        assert report.intact, fault_text(report)
        world = live_on(tmp_path, int(chunks))
        assert world.deliver().error is None
        report = verify(tmp_path, world.head())
        assert report.intact, fault_text(report)
        assert len(kept(tmp_path)) <= 3
        done = world.chunks


def live_on(folder: Path, chunks: int) -> World:
    """The next process, behind so many chunks: two a day."""
    world = World(folder, keep=2)
    world.chunks = chunks
    world.today += timedelta(days=chunks // 2)
    return world


def main(folder: Path, chunks: int) -> None:
    """Live through days until killed; each confirmed chunk is printed with the head."""
    world = live_on(folder, chunks)
    while True:
        if world.deliver().error is None:
            sys.stdout.write(f"{world.chunks} {world.head()}\n")
            sys.stdout.flush()
        world.today = FIRST_DAY + timedelta(days=world.chunks // 2)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
