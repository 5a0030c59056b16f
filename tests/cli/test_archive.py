"""`claude-siem archive verify`: its output and exit code for intact and broken archives."""

import json
import os
from pathlib import Path

import pytest

from tests.cli.commands import claude_siem
from tests.sinks.archives import World, built, read, write


@pytest.fixture
def world(tmp_path: Path) -> World:
    """An intact archive of three days."""
    return built(tmp_path / "archive")


def test_an_intact_archive_is_one_line_and_exit_code_0(world: World) -> None:
    done = claude_siem("archive", "verify", world.folder)
    (line,) = done.stdout.splitlines()
    first = json.loads(read(world.part(0, 1))[0])["hash"]
    assert line == (f"intact: 3 days, 6 parts, 24 lines; first hash {first} (seq 1), last hash {world.head()} (seq 24)")
    assert (done.returncode, done.stderr) == (0, "")


def test_a_broken_archive_is_reported_by_file_and_line_with_exit_code_1(world: World) -> None:
    lines = read(world.part(1, 2))
    write(world.part(1, 2), [*lines[:2], lines[2].replace(b"uid-0", b"uid-1"), *lines[3:]])
    (world.day(0) / "manifest.json").unlink()
    done = claude_siem("archive", "verify", world.folder)
    manifest, line, summary = done.stdout.splitlines()
    assert manifest == "FAIL  2026-01-01/manifest.json: is missing, though the day is closed"
    assert line.startswith("FAIL  2026-01-02/part-0002.ndjson.gz line 3, seq 15: was changed: its hash is ")
    assert summary.startswith("BROKEN, 2 faults: 3 days, 6 parts, 24 lines; first hash ")
    assert (done.returncode, done.stderr) == (1, "")


def test_a_hash_from_the_siem_proves_that_the_end_is_not_cut_off(world: World) -> None:
    assert claude_siem("archive", "verify", world.folder, "--head", world.head().upper()).returncode == 0
    done = claude_siem("archive", "verify", world.folder, "--head", "f" * 64)
    assert done.returncode == 1
    assert done.stdout.startswith(f"FAIL  --head: {'f' * 64} is no line's hash")
    assert "BROKEN, 1 fault: " in done.stdout


def test_an_invalid_hash_is_a_usage_error(world: World) -> None:
    done = claude_siem("archive", "verify", world.folder, "--head", "f" * 63)
    assert (done.returncode, done.stdout) == (2, "")
    assert "64 hexadecimal digits" in " ".join(done.stderr.replace("│", " ").split())


def test_json_output_is_one_object_with_the_whole_report(world: World) -> None:
    done = claude_siem("archive", "verify", world.folder, "--json")
    assert done.returncode == 0
    intact = json.loads(done.stdout)
    assert {name: intact[name] for name in ("intact", "days", "parts", "lines", "faults", "more_faults", "notes")} == {
        "intact": True,
        "days": 3,
        "parts": 6,
        "lines": 24,
        "faults": [],
        "more_faults": 0,
        "notes": [],
    }
    assert intact["last"] == {"seq": 24, "hash": world.head()}
    write(world.part(2, 1), read(world.part(2, 1))[1:])
    done = claude_siem("archive", "verify", world.folder, "--json")
    assert done.returncode == 1
    broken = json.loads(done.stdout)
    assert not broken["intact"]
    assert {name: broken["faults"][0][name] for name in ("file", "line", "seq")} == {
        "file": "2026-01-03/part-0001.ndjson.gz",
        "line": 1,
        "seq": 18,
    }


def test_faults_beyond_the_first_are_only_counted(world: World) -> None:
    write(world.part(1, 1), [b"nonsense"] * 500)
    last = claude_siem("archive", "verify", world.folder).stdout.splitlines()[-1]
    assert last.startswith("BROKEN, 502 faults (the first 20 are shown): ")


def test_days_removed_by_retention_are_a_note_and_not_a_fault(tmp_path: Path) -> None:
    world = World(tmp_path, keep=1)
    for _ in range(4):
        world.deliver_a_day()
    done = claude_siem("archive", "verify", tmp_path, "--head", world.head())
    note, summary = done.stdout.splitlines()
    assert note == "note  trimmed.json records that retention removed the days up to 2026-01-02, seq 1 to 16"
    assert summary.startswith("intact: 2 days, 4 parts, 16 lines; first hash ")
    assert done.returncode == 0


def test_unprintable_file_names_are_escaped(world: World) -> None:
    (world.day(0) / os.fsdecode(b"part-\xff\n\x1b[2J")).touch()
    done = claude_siem("archive", "verify", world.folder)
    fault, _ = done.stdout.splitlines()
    assert fault.startswith(r"FAIL  2026-01-01/part-\udcff\n\x1b[2J: is not a name of a part")


def test_a_path_that_is_no_archive_is_reported_as_such(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing")
    for path, words in ((tmp_path, "or this is no archive"), (tmp_path / "notes.txt", "(Not a directory)")):
        done = claude_siem("archive", "verify", path)
        assert (done.returncode, words in done.stdout) == (1, True), done.stdout


def test_a_missing_folder_is_reported_as_broken(tmp_path: Path) -> None:
    done = claude_siem("archive", "verify", tmp_path / "nowhere")
    assert done.returncode == 1
    assert f"FAIL  {tmp_path}/nowhere: cannot be read (No such file or directory)" in done.stdout
