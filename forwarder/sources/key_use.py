"""What keys have used, a note a key and day, and what follows from that for the inventory of keys.

The Admin API says of no key when it was used last; the usage report by `api_key_id` does, bucket by bucket.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from forwarder.ocsf.core.values import milliseconds
from forwarder.records import UsageRecord
from forwarder.sources.batch import SourceState
from forwarder.sources.snapshot import Derive, Listed
from forwarder.sources.times import DAY_US, day_of, written

SPANS = (1, 7, 30)
"""Days over which tokens are summed."""
_KEPT_US = 35 * DAY_US
"""How long before a key's newest bucket its notes are kept: the longest of `SPANS`, and days of delay."""
_OWNERS = ("principal", "created_by")
_PERSONS = ("user", "user_actor")
"""The types of an owner who is a person, in the API's versions 2023-06-01 and 2026-10-21."""


def key_use(usage: str, state: SourceState, figures: Sequence[UsageRecord]) -> dict[str, dict[str, bytes | None]]:
    """What is noted of a whole bucket of the source `usage`; what was noted of it before is replaced.

    What was noted of its keys long before is forgotten.
    """
    notes_of = _notes_of(usage)
    forgotten: dict[str, bytes | None] = {}
    buckets: dict[str, dict[str, int]] = {}
    for figure in figures:
        key = figure.fields.get("api_key_id")
        if isinstance(key, str):
            time_us = figure.time_ms * 1000
            name = _name(key, day_of(time_us))
            if name not in buckets:
                old = state.state_entries(notes_of, _name(key, ""), _name(key, day_of(time_us - _KEPT_US)))
                forgotten |= dict.fromkeys(old)
            bucket = buckets.setdefault(name, {})
            start = str(figure.time_ms)
            bucket[start] = bucket.get(start, 0) + tokens_of(figure.fields)
    noted = {n: orjson.dumps(_noted(state, notes_of, n) | bucket) for n, bucket in buckets.items()}
    return {notes_of: forgotten | noted}


def key_facts(users: str, usage: str, state: SourceState, now_us: int) -> Derive:
    """What follows for an API key: its age, its end, its owner by the source `users`, its use by the source `usage`."""
    people = {name.partition("/")[2] for name in state.state_entries(users, "users/", "users0")}

    def derive(key: Listed) -> Mapping[str, Any]:
        facts = _ages(key.fields, now_us) | _owner(key.fields, people)
        return facts | _use(state.state_entries(_notes_of(usage), _name(key.id, ""), _name(key.id, "~")), now_us)

    return derive


def tokens_of(fields: Mapping[str, Any]) -> int:
    """All tokens of a row of the messages usage report."""
    written_to_cache = fields.get("cache_creation")
    parts = [fields.get(name) for name in ("uncached_input_tokens", "cache_read_input_tokens", "output_tokens")]
    parts += written_to_cache.values() if isinstance(written_to_cache, dict) else []
    return sum(part for part in parts if part.__class__ is int and part > 0)


def _notes_of(usage: str) -> str:
    return f"{usage}#keys"


def _name(key: str, day: str) -> str:
    return f"{key}/{day}"


def _noted(state: SourceState, notes_of: str, name: str) -> dict[str, int]:
    raw = state.state_entries(notes_of, name, name + "!").get(name)
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
    """Whether a person still owns it; unknown while the list of users has not been read."""
    for name in _OWNERS:
        owner = fields.get(name)
        if isinstance(owner, dict) and owner.get("type") in _PERSONS and people:
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
        facts["last_used"] = written(last)
    return facts
