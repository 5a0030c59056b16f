"""Verification: an archive is proven intact, or its faults are named; a crash or a running sink is no fault."""

import gzip
import json
import shutil
import tracemalloc
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import pytest

from forwarder.sinks.archive import verify
from forwarder.sinks.archive.chain import chained, parsed
from tests.sinks.archives import World, built, edit, fault_text, read, write


def test_an_intact_archive_is_counted_and_its_ends_are_reported(tmp_path: Path) -> None:
    world = built(tmp_path)
    report = verify(tmp_path, world.head())
    assert report.intact
    assert (report.days, report.parts, report.lines, report.notes) == (3, 6, 24, ())
    first, last = parsed(read(world.part(0, 1))[0]), parsed(read(world.part(2, 2))[-1])
    assert first
    assert last
    assert report.first == (1, first.hash)
    assert report.last == (24, last.hash) == (24, world.head())


def test_an_archive_that_waits_for_its_first_line_is_intact(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.deliver()
    shutil.rmtree(world.day(0))
    (tmp_path / "head.json").unlink()
    assert "head.json: is missing" in fault_text(verify(tmp_path))
    edit_to = {
        "day": "",
        "part": 0,
        "length": 0,
        "seq": 0,
        "hash": "0" * 64,
        "day_lines": 0,
        "store": "",
        "chunk_id": 0,
    }
    (tmp_path / "head.json").write_text(json.dumps(edit_to))
    assert verify(tmp_path).intact
    assert world.restarted().chain_head() is None
    edit(tmp_path / "head.json", hash=world.chunks * "1" + "0" * 63)
    assert "head.json: records that nothing is written" in fault_text(verify(tmp_path))


@pytest.mark.parametrize("place", ["nowhere", "file"])
def test_what_is_no_archive_is_not_intact(place: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "cannot be read" in fault_text(verify(tmp_path / place))
    assert "head.json: is missing: it was removed, or this is no archive" in fault_text(verify(tmp_path))


def test_every_hash_that_the_siem_ever_received_is_found(tmp_path: Path) -> None:
    world, heads = World(tmp_path), []
    for _ in range(6):
        world.deliver_a_day(2)
        heads.append(world.head())
    for head in heads:
        assert verify(tmp_path, head).intact


def test_an_older_copy_is_intact_and_the_head_in_the_siem_shows_what_it_lacks(tmp_path: Path) -> None:
    world = built(tmp_path / "archive")
    shutil.copytree(world.folder, tmp_path / "older")
    world.deliver()
    assert verify(tmp_path / "older").intact
    report = verify(tmp_path / "older", world.head())
    assert f"--head: {world.head()} is no line's hash: lines were cut off the end" in fault_text(report)


def test_a_restored_old_head_is_found_by_the_lines_behind_it(tmp_path: Path) -> None:
    world = built(tmp_path)
    older = (tmp_path / "head.json").read_bytes()
    world.deliver_a_day()
    (tmp_path / "head.json").write_bytes(older)
    assert "head.json, seq 24: is not the newest: 2026-01-04/part-0002.ndjson.gz is behind it" in fault_text(
        verify(tmp_path)
    )
    world.part(3, 2).unlink()
    assert verify(tmp_path).intact  # one part behind the head is what a crash leaves
    head = parsed(read(world.part(3, 1))[-1])
    assert head
    assert "head.json, seq 24: is not the newest: --head is behind it" in fault_text(verify(tmp_path, head.hash))


def test_a_manifest_behind_the_head_shows_that_the_head_is_not_the_newest(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.deliver()
    older = (tmp_path / "head.json").read_bytes()
    world.deliver_a_day(1)
    world.deliver()
    shutil.rmtree(world.day(1))
    (tmp_path / "head.json").write_bytes(older)
    assert "2026-01-01/manifest.json is behind it" in fault_text(verify(tmp_path))


Break = Callable[[World], object]


def _remove_line(world: World) -> None:
    lines = read(world.part(1, 1))
    write(world.part(1, 1), lines[:1] + lines[2:])


def _change_event(world: World) -> None:
    write(world.part(1, 2), [line.replace(b'"batch":7', b'"batch":8') for line in read(world.part(1, 2))])


def _forge_line(world: World) -> None:
    lines = read(world.part(0, 2))
    line = parsed(lines[1])
    assert line
    (forged,), _, _ = chained([b'{"nothing":"happened"}'], line.seq - 1, line.prev)
    write(world.part(0, 2), [lines[0], forged.rstrip(), *lines[2:]])


def _change_hash(world: World) -> None:
    lines = read(world.part(1, 1))
    line = parsed(lines[1])
    assert line
    write(world.part(1, 1), [lines[0], lines[1].replace(line.hash.encode(), b"f" * 64), *lines[2:]])


def _change_prev(world: World) -> None:
    lines = read(world.part(1, 1))
    line = parsed(lines[1])
    assert line
    write(world.part(1, 1), [lines[0], lines[1].replace(line.prev.encode(), b"f" * 64), *lines[2:]])


def _begin_otherwise(world: World) -> None:
    (forged,), _, _ = chained([b'{"nothing":"happened"}'], 0, "f" * 64)
    write(world.part(0, 1), [forged.rstrip(), *read(world.part(0, 1))[1:]])


def _duplicate(world: World) -> None:
    lines = read(world.part(1, 1))
    write(world.part(1, 1), [*lines, lines[1]])


def _swap(world: World) -> None:
    a, b, *rest = read(world.part(2, 1))
    write(world.part(2, 1), [b, a, *rest])


def _insert(world: World) -> None:
    lines = read(world.part(2, 1))
    write(world.part(2, 1), [*lines[:2], b'{"hello":"there"}', *lines[2:]])


def _tear(world: World) -> None:
    part = world.part(1, 2)
    part.write_bytes(part.read_bytes()[:-5])


def _cut_line(world: World) -> None:
    part = world.part(1, 2)
    part.write_bytes(gzip.compress(gzip.decompress(part.read_bytes())[:-10]))


def _cut_end(world: World) -> None:
    write(world.part(2, 2), read(world.part(2, 2))[:2])


def _change_last_event(world: World) -> None:
    *lines, last = read(world.part(2, 2))
    write(world.part(2, 2), [*lines, last.replace(b'"batch":12', b'"batch":13')])


def _swap_parts(world: World) -> None:
    one, other = world.part(0, 1), world.part(0, 2)
    contents = one.read_bytes(), other.read_bytes()
    other.write_bytes(contents[0])
    one.write_bytes(contents[1])


def _copy_part(world: World) -> None:
    shutil.copy(world.part(0, 1), world.part(2, 3))


def _make_a_folder(world: World) -> None:
    world.part(2, 2).unlink()
    world.part(2, 2).mkdir()


class Case(NamedTuple):
    """A change and the faults that it must give: the beginning of each, in order, and no other."""

    harm: Break
    faults: tuple[str, ...]


CASES = {
    "a removed line": Case(
        _remove_line,
        (
            "2026-01-02/part-0001.ndjson.gz line 2, seq 11: seq 10 is missing between 2026-01-02/part-0001.ndjson.gz "
            "line 1 and here",
            "2026-01-02/manifest.json: lines is 8, but it is 7 up to 2026-01-02/part-0002.ndjson.gz line 4",
        ),
    ),
    "a changed event": Case(
        _change_event,
        (
            "2026-01-02/part-0002.ndjson.gz line 1, seq 13: was changed: its hash is ",
            "2026-01-02/part-0002.ndjson.gz line 2, seq 14: was changed: its hash is ",
        ),
    ),
    "a forged line with a hash that fits": Case(
        _forge_line, ("2026-01-01/part-0002.ndjson.gz line 2, seq 6: was changed: its hash is ",)
    ),
    "a changed hash": Case(
        _change_hash,
        (f"2026-01-02/part-0001.ndjson.gz line 2, seq 10: was changed: its hash is {'f' * 64}, its content has ",),
    ),
    "a changed prev": Case(
        _change_prev,
        (f"2026-01-02/part-0001.ndjson.gz line 2, seq 10: was changed: its prev is {'f' * 64}, the line before",),
    ),
    "a beginning that is another chain's": Case(
        _begin_otherwise,
        (
            f"2026-01-01/part-0001.ndjson.gz line 1, seq 1: continues {'f' * 64}, but the beginning is {'0' * 64}",
            "2026-01-01/part-0001.ndjson.gz line 1, seq 1: was changed: its hash is ",
        ),
    ),
    "a duplicated line": Case(
        _duplicate, ("2026-01-02/part-0001.ndjson.gz line 5, seq 10: follows seq 12 (2026-01-02/",)
    ),
    "two lines in another order": Case(
        _swap,
        (
            "2026-01-03/part-0001.ndjson.gz line 1, seq 18: seq 17 is missing between 2026-01-02/part-0002.ndjson.gz "
            "line 4 and here",
            "2026-01-03/part-0001.ndjson.gz line 2, seq 17: follows seq 18 (2026-01-03/part-0001.ndjson.gz "
            "line 1): duplicated, moved or inserted",
            "head.json, seq 24: day_lines is 8, but seq 24 (2026-01-03/part-0002.ndjson.gz line 4) has 7",
        ),
    ),
    "an inserted line": Case(_insert, ("2026-01-03/part-0001.ndjson.gz line 3: is not a line of an archive",)),
    "a torn member": Case(
        _tear,
        ("2026-01-02/part-0002.ndjson.gz line 5, seq 17: the file ends within a gzip member: it is torn or cut",),
    ),
    "a line that was cut": Case(
        _cut_line,
        (
            "2026-01-02/part-0002.ndjson.gz line 4, seq 16: the file ends within a line: it was cut",
            "2026-01-02/manifest.json: lines is 8, but it is 7 up to",
            "2026-01-02/manifest.json: seq is 16, but it is 15 up to",
            "2026-01-02/manifest.json: hash is ",
            "2026-01-03/part-0001.ndjson.gz line 1, seq 17: seq 16 is missing between",
        ),
    ),
    "an end that was cut off": Case(
        _cut_end,
        (
            "head.json, seq 24: was written last, but the chain ends with seq 22 (2026-01-03/part-0002.ndjson.gz "
            "line 2): its end was cut off",
        ),
    ),
    "a changed last event": Case(
        _change_last_event, ("2026-01-03/part-0002.ndjson.gz line 4, seq 24: was changed: its hash is ",)
    ),
    "a removed part": Case(
        lambda world: world.part(1, 1).unlink(),
        (
            "2026-01-02/part-0001.ndjson.gz: is missing (2026-01-02/manifest.json records 2)",
            "2026-01-02/part-0002.ndjson.gz line 1, seq 13: seq 9 to 12 are missing between",
            "2026-01-02/manifest.json: lines is 8, but it is 4 up to",
        ),
    ),
    "the last part of the last day": Case(
        lambda world: world.part(2, 2).unlink(),
        (
            "2026-01-03/part-0002.ndjson.gz: is missing (head.json records 2)",
            "head.json, seq 24: was written last, but the chain ends with seq 20 (2026-01-03/part-0001.ndjson.gz",
        ),
    ),
    "a renamed part": Case(
        lambda world: world.part(0, 2).rename(world.part(0, 3)),
        (
            "2026-01-01/part-0002.ndjson.gz: is missing",
            "2026-01-01/part-0003.ndjson.gz: was added (2026-01-01/manifest.json records 2)",
        ),
    ),
    "a part with a name that is none": Case(
        lambda world: shutil.copy(world.part(0, 2), world.day(0) / "part-2.ndjson.gz"),
        ("2026-01-01/part-2.ndjson.gz: is not a name of a part: it was renamed or added",),
    ),
    "an added part": Case(_copy_part, ("2026-01-03/part-0003.ndjson.gz line 1, seq 1: follows seq 24 (2026-01-03/",)),
    "an emptied part": Case(
        lambda world: world.part(0, 1).write_bytes(b""),
        (
            "2026-01-01/part-0001.ndjson.gz line 1, seq 1: holds no line",
            "2026-01-01/part-0002.ndjson.gz line 1, seq 5: seq 1 to 4 are missing between the beginning and here",
            "2026-01-01/manifest.json: lines is 8, but it is 4 up to",
        ),
    ),
    "two parts in each other's place": Case(
        _swap_parts,
        (
            "2026-01-01/part-0001.ndjson.gz line 1, seq 5: seq 1 to 4 are missing between the beginning and here",
            "2026-01-01/part-0002.ndjson.gz line 1, seq 1: follows seq 8 (2026-01-01/part-0001.ndjson.gz "
            "line 4): duplicated, moved or inserted",
            "2026-01-01/manifest.json: lines is 8, but it is 4 up to",
        ),
    ),
    "a removed first day": Case(
        lambda world: shutil.rmtree(world.day(0)),
        ("2026-01-02/part-0001.ndjson.gz line 1, seq 9: seq 1 to 8 are missing between the beginning and here",),
    ),
    "a removed day in the middle": Case(
        lambda world: shutil.rmtree(world.day(1)),
        (
            "2026-01-03/part-0001.ndjson.gz line 1, seq 17: seq 9 to 16 are missing between "
            "2026-01-01/part-0002.ndjson.gz line 4 and here",
        ),
    ),
    "a removed last day": Case(
        lambda world: shutil.rmtree(world.day(2)),
        ("head.json, seq 24: was written last, but the chain ends with seq 16 (2026-01-02/part-0002.ndjson.gz",),
    ),
    "a removed manifest": Case(
        lambda world: (world.day(1) / "manifest.json").unlink(),
        ("2026-01-02/manifest.json: is missing, though the day is closed",),
    ),
    "a manifest with an enormous number of parts": Case(
        lambda world: edit(world.day(1) / "manifest.json", parts=2**62),
        (
            "2026-01-02/part-0003.ndjson.gz: is missing, and so are the parts up to 4611686018427387904 "
            "(2026-01-02/manifest.json records 4611686018427387904)",
        ),
    ),
    "a damaged manifest": Case(
        lambda world: (world.day(1) / "manifest.json").write_bytes(b"\0" * 100),
        ("2026-01-02/manifest.json: is damaged (",),
    ),
    "a damaged head": Case(
        lambda world: edit(world.folder / "head.json", seq="24"), ("head.json: is damaged (it must hold day, part,",)
    ),
    "a part that is a folder": Case(
        _make_a_folder,
        ("2026-01-03/part-0002.ndjson.gz: cannot be read (Is a directory)", "head.json, seq 24: was written last"),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_each_fault_is_reported_with_file_line_and_number_and_no_other_is(name: str, tmp_path: Path) -> None:
    world, case = built(tmp_path), CASES[name]
    case.harm(world)
    faults = [str(fault) for fault in verify(tmp_path).faults]
    for fault, expected in zip(faults, case.faults, strict=False):
        assert fault.startswith(expected)
    assert len(faults) == len(case.faults), faults


def test_a_thousand_faults_are_counted_and_the_first_are_shown(tmp_path: Path) -> None:
    world = built(tmp_path)
    write(world.part(1, 1), [b"nonsense"] * 1000)
    report = verify(tmp_path)
    assert len(report.faults) == 20
    assert report.more_faults > 980
    assert "2026-01-02/part-0001.ndjson.gz line 1: is not a line" in fault_text(report)


@pytest.mark.parametrize("level", [0, 1, 9])
def test_a_recompressed_archive_is_intact(level: int, tmp_path: Path) -> None:
    world = built(tmp_path)
    for part in tmp_path.glob("*/part-*"):
        part.write_bytes(gzip.compress(gzip.decompress(part.read_bytes()), level))
    report = verify(tmp_path, world.head())
    assert report.intact
    assert report.lines == 24
    assert [note for note in report.notes if "part-0002.ndjson.gz" in note and "probably recompressed" in note]


@pytest.mark.parametrize("torn", [b"\x1f", b"garbage" * 100, gzip.compress(b'{"seq":2', mtime=0)])
def test_an_incomplete_write_behind_the_head_is_a_note_and_no_fault(torn: bytes, tmp_path: Path) -> None:
    world = built(tmp_path)
    with world.part(2, 2).open("ab") as file:
        file.write(torn)
    report = verify(tmp_path, world.head())
    assert report.intact
    assert report.lines == 24
    (note,) = report.notes
    assert note.startswith("2026-01-03/part-0002.ndjson.gz line 5: ")
    world.restarted()
    world.deliver_a_day()
    assert verify(tmp_path).notes == ()


@pytest.mark.parametrize("later", [0, 1, 5])
def test_a_chunk_written_but_not_confirmed_is_not_counted_and_written_again(later: int, tmp_path: Path) -> None:
    """The crash is between member and head; the next start is on the same day, on the next, or later."""
    world = built(tmp_path)
    head = (tmp_path / "head.json").read_bytes()
    world.deliver()
    (tmp_path / "head.json").write_bytes(head)
    report = verify(tmp_path)
    assert report.intact
    assert report.lines == 24
    assert report.notes == (
        "seq 25 to 26 are behind head.json: a write in progress, or an incomplete one after a crash; not counted",
    )
    world.chunks -= 1
    world.today += timedelta(days=later)
    world.restarted()
    assert world.deliver().error is None
    report = verify(tmp_path, world.head())
    assert report.intact
    assert (report.lines, report.notes) == (26, ())


def test_a_day_closed_before_a_crash_is_closed_again_after_the_clock_was_set_back(
    tmp_path: Path,
) -> None:
    world = World(tmp_path)
    world.deliver_a_day()
    head = (tmp_path / "head.json").read_bytes()
    world.deliver()
    (tmp_path / "head.json").write_bytes(head)
    assert (world.day(0) / "manifest.json").exists()
    world.chunks -= 1
    world.today -= timedelta(days=1)
    world.restarted()
    world.deliver_a_day(1)
    assert verify(tmp_path).intact
    world.deliver()
    assert verify(tmp_path).intact


def test_an_empty_day_after_a_crash_is_removed(tmp_path: Path) -> None:
    world = built(tmp_path)
    world.day(3).mkdir()
    assert verify(tmp_path).intact
    world.today += timedelta(days=2)
    world.restarted()
    world.deliver()
    assert not world.day(3).exists()


def test_the_sink_refuses_to_write_behind_a_truncated_part(tmp_path: Path) -> None:
    world = built(tmp_path)
    part = world.part(2, 2)
    whole = part.read_bytes()
    part.write_bytes(whole[:-1])
    world.restarted()
    error = world.deliver().error
    assert f"{part} has {len(whole) - 1} bytes, but head.json records {len(whole)}" in str(error)
    part.write_bytes(whole)
    assert world.deliver().error is None
    assert verify(tmp_path).intact


def test_the_sink_removes_no_line_behind_a_restored_old_head(tmp_path: Path) -> None:
    world = built(tmp_path)
    older = (tmp_path / "head.json").read_bytes()
    world.deliver_a_day()
    newest = (tmp_path / "head.json").read_bytes()
    (tmp_path / "head.json").write_bytes(older)
    world.restarted()
    assert "head.json is older than the parts" in str(world.deliver().error)
    (tmp_path / "head.json").write_bytes(newest)
    assert verify(tmp_path).intact
    assert world.deliver().error is None


def test_an_archive_is_verified_while_the_sink_writes_it(tmp_path: Path) -> None:
    world = built(tmp_path, days=20)
    with ThreadPoolExecutor() as pool:
        reading = pool.submit(lambda: [verify(tmp_path) for _ in range(20)])
        while not reading.done():
            world.deliver_a_day(2)
    reports = reading.result()
    assert [fault_text(report) for report in reports if not report.intact] == []
    assert reports[-1].lines > reports[0].lines


def test_an_archive_is_verified_while_retention_removes_its_first_days(tmp_path: Path) -> None:
    world = World(tmp_path)
    for _ in range(12):
        world.deliver(5000)
        world.today += timedelta(days=1)
    world.keep = 2
    world.restarted()
    with ThreadPoolExecutor() as pool:
        reading = pool.submit(verify, tmp_path)
        assert world.deliver().error is None
        assert reading.result().intact, fault_text(reading.result())
    assert len(list(tmp_path.glob("*/manifest.json"))) == 2


def test_memory_does_not_grow_with_what_a_part_unpacks_to(tmp_path: Path) -> None:
    """A member of many lines, and then one line of 400 MB, which is given up on."""
    world = built(tmp_path)
    with world.part(1, 2).open("ab") as file:
        file.write(gzip.compress(b"nonsense\n" * 100_000) + gzip.compress(b"\0" * 10_000_000, 1) * 40)
    tracemalloc.start()
    report = verify(tmp_path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(report.faults) + report.more_faults == 100_001
    assert peak < 80_000_000
