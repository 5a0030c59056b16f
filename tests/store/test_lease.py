"""One owner a store, between real processes: whatever happens to the lock file, there are never two writers."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from forwarder.store import LeaseLost, Store, StoreInUse
from forwarder.store.sqlite import lease
from tests.store.owner_process import LEASE_SECONDS
from tests.store.pages import open_store, page
from tests.store.test_crash import ROOT

Owner = subprocess.Popen[str]


@pytest.fixture
def owner(tmp_path: Path) -> Iterator[Owner]:
    """Another process that owns the store in `tmp_path` and has committed a page."""
    command = [sys.executable, "-m", "tests.store.owner_process", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout
        assert process.stdout.readline() == "owner 1\n"
        process.stdout.readline()
        yield process
        process.kill()


def delete(lock: Path) -> None:
    """The lock file is gone."""
    lock.unlink()


def replace_by_copy(lock: Path) -> None:
    """Another file with the same content stands in its place."""
    copy = lock.with_name("copy")
    shutil.copy(lock, copy)
    copy.replace(lock)


def overwrite(lock: Path) -> None:
    """The same file, another content: the lock is not in the content, so nobody may come in."""
    lock.write_bytes(b"1")


def backlog(store: Store) -> int:
    """Events that wait for Splunk."""
    return store.backlog()["splunk"]


def last_words(owner: Owner) -> str:
    """What it prints at last, once it has ended by itself."""
    assert owner.stdout
    lines = owner.stdout.read().splitlines()
    assert owner.wait(20) == 0
    return lines[-1]


@pytest.mark.parametrize("tamper", [delete, replace_by_copy])
def test_an_owner_whose_lock_file_is_tampered_with_stops_at_its_next_transaction(
    tamper: Callable[[Path], None], owner: Owner, tmp_path: Path
) -> None:
    tamper(tmp_path / "store.db.lock")
    with closing(open_store(tmp_path)) as store:
        assert store.lease.generation == 2
        taken_over_at = backlog(store)
        assert last_words(owner).startswith("lost: store.url: ")
        assert backlog(store) == taken_over_at, "the first owner wrote after the second had taken over"
        store.commit(page(range(10_000, 10_003)), 0)
        store.assert_owned()
        assert backlog(store) == taken_over_at + 3


def test_the_content_of_the_lock_file_means_nothing(owner: Owner, tmp_path: Path) -> None:
    overwrite(tmp_path / "store.db.lock")
    with pytest.raises(StoreInUse):
        open_store(tmp_path)
    assert owner.poll() is None


def test_a_copy_of_the_lock_file_beside_it_means_nothing(owner: Owner, tmp_path: Path) -> None:
    shutil.copy(tmp_path / "store.db.lock", tmp_path / "store.db.lock.1")
    with pytest.raises(StoreInUse, match=rf"in use by another forwarder \(process {owner.pid}\); stop it first"):
        open_store(tmp_path)
    assert owner.poll() is None


def test_a_paused_owner_is_replaced_when_its_lease_is_over_and_stops_when_it_goes_on(
    owner: Owner, tmp_path: Path
) -> None:
    with paused(owner):
        with pytest.raises(StoreInUse):
            open_store(tmp_path)
        time.sleep(LEASE_SECONDS + 0.2)
        store = open_store(tmp_path)
    with closing(store):
        taken_over_at = backlog(store)
        assert last_words(owner).startswith("lost: store.url: ")
        assert backlog(store) == taken_over_at
        store.commit(page(range(10_000, 10_003)), 0)


def test_who_took_over_from_a_paused_owner_is_not_taken_over_in_turn(owner: Owner, tmp_path: Path) -> None:
    with paused(owner):
        time.sleep(LEASE_SECONDS + 0.2)
        store = open_store(tmp_path)
        with pytest.raises(StoreInUse):
            open_store(tmp_path)
    with closing(store):
        last_words(owner)
        with pytest.raises(StoreInUse):
            open_store(tmp_path)
        store.assert_owned()


def test_a_killed_owner_is_followed_at_once(owner: Owner, tmp_path: Path) -> None:
    owner.kill()
    owner.wait()
    began = time.monotonic()
    with closing(open_store(tmp_path)) as store:
        assert store.lease.generation == 2
    assert time.monotonic() - began < LEASE_SECONDS


def test_a_lease_is_renewed_while_its_owner_lives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "RENEW_SECONDS", 0.0)
    with closing(open_store(tmp_path)) as store:
        before = lease.read_lease(tmp_path / "store.db")
        time.sleep(0.05)
        store.assert_owned()
        after = lease.read_lease(tmp_path / "store.db")
    assert before
    assert after
    assert after.expires_ms > before.expires_ms
    assert after.generation == before.generation


def test_a_lease_of_before_the_machine_was_started_anew_is_not_judged_by_this_clock() -> None:
    assert lease.Held("process 1", 1, lease.boot(), 0).is_over()
    assert not lease.Held("process 1", 1, "an earlier start", 0).is_over()


def test_a_wall_clock_that_jumps_changes_no_lease(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(open_store(tmp_path)) as store:
        monkeypatch.setattr(time, "time", lambda: 4e9)
        monkeypatch.setattr(time, "time_ns", lambda: 4 * 10**18)
        with pytest.raises(StoreInUse):
            open_store(tmp_path)
        store.assert_owned()


def test_a_closed_store_is_no_longer_owned(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    store.close()
    for use in (store.assert_owned, store.backlog, lambda: store.commit(page(range(3)), 0)):
        with pytest.raises(LeaseLost, match="is closed"):
            use()


class paused:  # noqa: N801  reads as what it does
    """The process stands still within the block; outside of a transaction, in which it would hold the file."""

    def __init__(self, owner: Owner) -> None:
        self._owner = owner

    def __enter__(self) -> None:
        assert self._owner.stdout
        self._owner.stdout.readline()
        time.sleep(0.01)
        os.kill(self._owner.pid, signal.SIGSTOP)

    def __exit__(self, *_: object) -> None:
        os.kill(self._owner.pid, signal.SIGCONT)
