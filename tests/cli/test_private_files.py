"""Whatever a command writes is its owner's alone, from the first byte and under any umask."""

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from forwarder.private_files import make_folder, open_private, tighten, write_private
from forwarder.simulator import SimulatedClock
from tests.cli.commands import clean_environment, command
from tests.faults.rows import ids, month, new_activities
from tests.faults.test_sink_outages import BACKLOG
from tests.faults.world import World

OTHERS = 0o077


@pytest.fixture(params=[0o000, 0o022, 0o277], ids=oct)
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    """A umask: one that takes nothing, the usual one, and one that takes writing from the owner too."""
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def open_to_others(folder: Path) -> dict[str, str]:
    """What others may do with anything below a folder, by path."""
    modes = {path: path.lstat().st_mode for path in folder.rglob("*") if not path.is_symlink()}
    return {str(path.relative_to(folder)): oct(stat.S_IMODE(mode)) for path, mode in modes.items() if mode & OTHERS}


def run(*arguments: object, cwd: Path) -> None:
    """A command under a umask that takes nothing."""
    environment = {**clean_environment(), "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "TMPDIR": str(cwd)}
    done = subprocess.run(
        command(*arguments), cwd=cwd, env=environment, capture_output=True, text=True, check=False, umask=0
    )
    assert done.returncode == 0, done.stderr


def test_files_and_folders_are_private_whatever_the_umask(umask: int, tmp_path: Path) -> None:
    make_folder(tmp_path / "a" / "b")
    with open_private(tmp_path / "a" / "b" / "new", "wb") as file:
        assert stat.S_IMODE(os.fstat(file.fileno()).st_mode) == 0o600
    write_private(tmp_path / "a" / "whole", b"whole")
    assert (tmp_path / "a" / "whole").read_bytes() == b"whole"
    assert {oct(stat.S_IMODE(path.stat().st_mode)) for path in (tmp_path / "a").rglob("*")} == {"0o600", "0o700"}
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o700


def test_a_file_that_was_open_to_others_is_private_before_it_is_written_to(tmp_path: Path) -> None:
    for name in ("appended", "whole", "tightened"):
        (tmp_path / name).touch(0o644)
    with open_private(tmp_path / "appended", "r+b") as file:
        assert not os.fstat(file.fileno()).st_mode & OTHERS
    write_private(tmp_path / "whole", b"new")
    tighten([tmp_path / "tightened", tmp_path / "missing"])
    assert open_to_others(tmp_path) == {}


def test_a_file_that_cannot_be_written_whole_stays_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"before")
    with pytest.raises(TypeError):
        write_private(tmp_path / "file", "no bytes")  # type: ignore[arg-type]
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file").read_bytes() == b"before"


def test_a_folder_that_was_there_keeps_its_mode(tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared").chmod(0o755)
    make_folder(tmp_path / "shared" / "ours")
    assert stat.S_IMODE((tmp_path / "shared").stat().st_mode) == 0o755


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A stage under a umask that takes nothing."""
    before = os.umask(0)
    try:
        with World(tmp_path / "stage", month(300), start="1h") as world:
            yield world
    finally:
        os.umask(before)


def settings(world: World) -> dict[str, Any]:
    """Settings whose store and archive are in folders that are not there."""
    below = world.stage.folder / "made" / "below"
    world.settings["store"]["url"] = f"sqlite:///{below / 'store.db'}"
    world.settings["sinks"]["archive"]["path"] = str(below / "archive")
    world.store_folder, world.archive = below, below / "archive"
    return world.settings


def test_run_and_backfill_write_nothing_that_others_can_read_also_while_they_run(world: World) -> None:
    made = world.stage.folder / "made"
    settings(world)
    world.hec.fault("busy", times=None)
    forwarder = world.start()
    forwarder.until("the archive has something", lambda: any(made.rglob("part-*")))
    files = {path.name for path in made.rglob("*") if path.is_file()}
    assert {"store.db", "store.db-wal", "store.db-shm", "store.db.lock", "store.db.reserve"} <= files
    assert open_to_others(made) == {}
    world.hec.faults.clear()
    assert forwarder.stop() == 0
    world.feed.extend(new_activities(SimulatedClock(), "past", 50, ago=86_400))
    run("backfill", "--config", world.stage.write(world.settings), "--from", "2026-01-01T00:00:00Z", cwd=made)
    world.store.write_bytes(b"no database" * 1000)
    forwarder = world.start()
    forwarder.until_red("store.recovered")
    assert forwarder.stop() == 0
    assert any("damaged" in path.name for path in made.rglob("*"))
    assert open_to_others(world.stage.folder).keys() == {"forwarder.log", "local-clock-is-wrong-by"}, "the test's own"


def test_what_an_earlier_version_left_open_is_private_after_a_start(world: World) -> None:
    settings(world)
    forwarder = world.start()
    forwarder.until("the archive has something", lambda: any(world.archive.rglob("part-*")))
    world.kill(forwarder)
    for path in world.store_folder.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    (world.store_folder / "store.db.damaged-0123abcd").write_bytes(b"from before")
    later = new_activities(world.feed.clock, "later", 5)
    world.feed.extend(later)
    forwarder = world.start()
    forwarder.until("later rows arrive", lambda: world.has_received("splunk", ids(later)))
    forwarder.until("the archive has them too", lambda: forwarder.metric(BACKLOG, sink="archive") == 0)
    assert forwarder.stop() == 0
    assert open_to_others(world.store_folder) == {"archive": "0o755"}, "a folder that was there keeps its mode"
    assert forwarder.logged("files could be read by other users and are private now")


def test_lookups_and_packages_write_nothing_that_others_can_read(tmp_path: Path) -> None:
    (tmp_path / "networks.csv").write_text("range,name\n198.51.100.0/24,Berlin\n")
    made = tmp_path / "made"
    make_folder(made)
    run(
        "lookups", "networks", "--ranges", tmp_path / "networks.csv", "--output", made / "claude_networks.csv", cwd=made
    )
    run("sentinel", "package", "--output", made / "package", cwd=made)
    assert (made / "claude_networks.csv").read_text().startswith("network,name\n")
    assert len([path for path in made.rglob("*") if path.is_file()]) > 2
    assert open_to_others(made) == {}
