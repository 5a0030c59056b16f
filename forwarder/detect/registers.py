"""People and API keys as the forwarder's own events tell of them, beside what only the organization knows.

The newest event about somebody or something holds. Who has left and what has vanished is left out.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from forwarder.detect.history import told_of
from forwarder.records import KeyFields

_USERS = "user."
_KEYS = "api_key."
_GONE = "vanished"


class Person(NamedTuple):
    """One row of `claude_people`."""

    user_uid: str
    user: str
    name: str
    peer_group: str


class Kept(NamedTuple):
    """What an organization says of a key; empty where it says nothing."""

    contact: str = ""
    max_age_days: str = ""


class Key(NamedTuple):
    """One row of `claude_keys`."""

    key: str
    name: str
    contact: str
    max_age_days: str


_People = dict[str, tuple[int, Person | None]]
"""The newest of each by user id: when, and who; `None` when they had left."""


def people_of(events: Iterable[Mapping[str, Any]], group_of: Mapping[str, str]) -> list[Person]:
    """Everybody by e-mail address, with the group that `group_of` has for it in lower case."""
    newest: _People = {}
    for told, event in _ours(events):
        _note_person(newest, told, event)
    found = (person for _, person in newest.values() if person)
    rows = (person._replace(peer_group=group_of.get(person.user.lower(), "")) for person in found)
    return sorted(rows, key=lambda person: (person.user, person.user_uid))


def keys_of(events: Iterable[Mapping[str, Any]], kept: Mapping[str, Kept]) -> list[Key]:
    """Every key that is there by the newest list; whom to ask is its owner unless `kept` knows better."""
    newest: dict[str, tuple[int, Mapping[str, Any] | None]] = {}
    people: _People = {}
    for told, event in _ours(events):
        _note_person(people, told, event)
        key = told.object_uid if told.event_code.startswith(_KEYS) else None
        if key and told.time_ms >= newest.get(key, (0, None))[0]:
            gone = told.event_code == _KEYS + _GONE
            newest[key] = told.time_ms, None if gone else next(iter(event.get("resources", ())), None)
    rows = (_row(key, shown, kept.get(key, Kept()), people) for key, (_, shown) in newest.items() if shown)
    return sorted(rows, key=lambda row: (row.name, row.key))


def _ours(events: Iterable[Mapping[str, Any]]) -> Iterator[tuple[KeyFields, Mapping[str, Any]]]:
    for event in events:
        if found := told_of(event):
            yield found[0], event


def _note_person(newest: _People, told: KeyFields, event: Mapping[str, Any]) -> None:
    user = _person(told, event)
    uid = user.get("uid")
    time, before = newest.get(uid or "", (0, None))
    if not uid or told.time_ms < time:
        return
    address = user.get("email_addr") or (before.user if before else "")
    name = user.get("full_name") or (before.name if before else "")
    newest[uid] = told.time_ms, None if told.event_code == _USERS + _GONE else Person(uid, address, name, "")


def _person(told: KeyFields, event: Mapping[str, Any]) -> Mapping[str, Any]:
    """Whom the list of members shows, or who did something."""
    if told.event_code.startswith(_USERS):
        return {**event.get("user", {}), **event.get("user_result", {})}
    return event["actor"]["user"] if told.actor_type == "user_actor" else {}


def _row(key: str, shown: Mapping[str, Any], kept: Kept, people: _People) -> Key:
    _, owner = people.get(shown.get("owner", {}).get("uid", ""), (0, None))
    return Key(key, shown.get("name", ""), kept.contact or (owner.user if owner else ""), kept.max_age_days)
