"""What API keys have used, a state entry per key and day, and the facts that follow for the inventory of keys.

The Admin API does not say when a key was used last; the usage report grouped by `api_key_id` does, bucket by bucket.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from forwarder.ocsf.core.values import milliseconds
from forwarder.records import UsageRecord
from forwarder.sources.base import SourceState, StateEntries, source_name
from forwarder.sources.snapshot import Derive, ListedObject
from forwarder.sources.times import DAY_US, day_of, report_time

SPANS = (1, 7, 30)
"""Days over which tokens are summed."""
_KEPT_US = 35 * DAY_US
"""How long before a key's newest bucket its entries are kept: the longest of `SPANS`, and some days of delay."""
_OWNER_FIELDS = ("principal", "created_by")
_PERSON_TYPES = ("user", "user_actor")
"""The types of an owner who is a person, in API versions 2023-06-01 and 2026-10-21."""


def key_use_entries(account: str, state: SourceState, records: Sequence[UsageRecord]) -> StateEntries:
    """The state entries of a whole bucket of the account's usage report; they replace those stored of it before.

    Entries of its keys from long before are deleted.
    """
    source = _entries_source(account)
    deleted: dict[str, bytes | None] = {}
    buckets: dict[str, dict[str, int]] = {}
    for record in records:
        key = record.fields.get("api_key_id")
        if isinstance(key, str):
            time_us = record.time_ms * 1000
            name = _entry_name(key, day_of(time_us))
            if name not in buckets:
                old = state.state_entries(source, _entry_name(key, ""), _entry_name(key, day_of(time_us - _KEPT_US)))
                deleted |= dict.fromkeys(old)
            bucket = buckets.setdefault(name, {})
            start = str(record.time_ms)
            bucket[start] = bucket.get(start, 0) + tokens_of(record.fields)
    updated = {n: orjson.dumps(_stored(state, source, n) | bucket) for n, bucket in buckets.items()}
    return {source: deleted | updated}


def api_key_facts(account: str, state: SourceState, now_us: int) -> Derive:
    """Facts about an API key: its age, expiry, owner (by the account's `users`) and use (by its `usage`)."""
    users = source_name(account, "users")
    people = {name.partition("/")[2] for name in state.state_entries(users, "users/", "users0")}
    source = _entries_source(account)

    def derive(key: ListedObject) -> Mapping[str, Any]:
        facts = _ages(key.fields, now_us) | _owner(key.fields, people)
        used = state.state_entries(source, _entry_name(key.id, ""), _entry_name(key.id, "~"))
        return facts | _use(used, now_us)

    return derive


def tokens_of(fields: Mapping[str, Any]) -> int:
    """All tokens of a row of the messages usage report."""
    cache_creation = fields.get("cache_creation")
    parts = [fields.get(name) for name in ("uncached_input_tokens", "cache_read_input_tokens", "output_tokens")]
    parts += cache_creation.values() if isinstance(cache_creation, dict) else []
    return sum(part for part in parts if part.__class__ is int and part > 0)


def _entries_source(account: str) -> str:
    """The name under which the entries are stored: of the usage source, but apart from its own."""
    return f"{source_name(account, 'usage')}#keys"


def _entry_name(key: str, day: str) -> str:
    return f"{key}/{day}"


def _stored(state: SourceState, source: str, name: str) -> dict[str, int]:
    raw = state.state_entries(source, name, name + "!").get(name)
    return dict(orjson.loads(raw)) if raw else {}


def _ages(fields: Mapping[str, Any], now_us: int) -> dict[str, Any]:
    now_ms, day_ms = now_us // 1000, DAY_US // 1000
    created, expires = milliseconds(fields.get("created_at")), milliseconds(fields.get("expires_at"))
    facts = {}
    if created is not None:
        facts["age_days"] = (now_ms - created) // day_ms
    if expires is not None:
        facts["expires_in_days"] = (expires - now_ms) // day_ms
    return facts


def _owner(fields: Mapping[str, Any], people: set[str]) -> dict[str, Any]:
    """Whether the owning person is still a member; unknown while the list of users has not been read."""
    for name in _OWNER_FIELDS:
        owner = fields.get(name)
        if isinstance(owner, dict) and owner.get("type") in _PERSON_TYPES and people:
            uid = owner.get("id") or owner.get("user_id")
            return {"owner_uid": uid, "owner_is_member": uid in people} if isinstance(uid, str) else {}
    return {}


def _use(state_entries: Mapping[str, bytes], now_us: int) -> dict[str, Any]:
    buckets = {
        int(start) * 1000: tokens for raw in state_entries.values() for start, tokens in orjson.loads(raw).items()
    }
    if not buckets:
        return {}
    facts: dict[str, Any] = {
        f"tokens_{days}d": sum(tokens for start, tokens in buckets.items() if start >= now_us - days * DAY_US)
        for days in SPANS
    }
    if last := max((start for start, tokens in buckets.items() if tokens), default=None):
        facts["last_used"] = report_time(last)
    return facts
