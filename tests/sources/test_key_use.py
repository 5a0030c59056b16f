"""The state entries of keys' use cover the longest span and no more."""

from pathlib import Path

from forwarder.records import UsageRecord
from forwarder.sources.key_use import SPANS, api_key_facts, key_use_entries
from forwarder.sources.snapshot import ListedObject
from forwarder.sources.times import DAY_US
from forwarder.store import PageCommit, Store, open_store

FIRST_DAY = 20_000


def used(store: Store, day: int, key: str, tokens: int) -> None:
    """A day's bucket with one row, as the usage source stores it."""
    start_ms = day * DAY_US // 1000
    row = {"api_key_id": key, "output_tokens": tokens}
    record = UsageRecord("usage", start_ms, start_ms + DAY_US // 1000, row, start_ms, "org-1")
    store.commit(PageCommit("usage", state_entries=key_use_entries("", store, [record])), day * DAY_US)


def test_days_beyond_the_longest_span_are_deleted_and_the_sums_stay_right(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'store.db'}", ("splunk",), 2**40)
    days = 100
    for day in range(FIRST_DAY, FIRST_DAY + days):
        used(store, day, "key-1", 10)
    used(store, FIRST_DAY, "key-2", 7)
    now_us = (FIRST_DAY + days) * DAY_US
    facts = api_key_facts("", store, now_us)(ListedObject("api_keys", "key-1", {"id": "key-1"}))
    assert [facts[f"tokens_{span}d"] for span in SPANS] == [10 * span for span in SPANS]
    stored = store.state_entries("usage#keys")
    assert len([name for name in stored if name.startswith("key-1/")]) <= 40
    assert [name for name in stored if name.startswith("key-2/")] == ["key-2/2024-10-04"]
