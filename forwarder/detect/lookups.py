"""Rows of the lookups that tune the rules: people, API keys and networks.

People and keys come from the forwarder's own events, combined with what only the organization knows. The newest event
about a person or key counts; departed users and removed keys are left out.
"""

import ipaddress
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from forwarder.detect.history import classify
from forwarder.records import KeyFields

MIN_PREFIX = {4: 12, 6: 20}
"""By IP version: the shortest prefix of a range that is split into networks (4,096 rows)."""
_USERS = "user."
_KEYS = "api_key."
_REMOVED = "vanished"


class LookupPerson(NamedTuple):
    """One row of `claude_people`."""

    user_uid: str
    user: str
    name: str
    peer_group: str


class KeyOverrides(NamedTuple):
    """What an organization records about a key; empty where it records nothing."""

    contact: str = ""
    max_age_days: str = ""


class LookupKey(NamedTuple):
    """One row of `claude_keys`."""

    key: str
    name: str
    contact: str
    max_age_days: str


class LookupNetwork(NamedTuple):
    """One row of `claude_networks`."""

    network: str
    name: str


_People = dict[str, tuple[int, LookupPerson | None]]
"""By user id: the time of the newest event, and the person; `None` for a departed user."""


def people_of(events: Iterable[Mapping[str, Any]], group_of: Mapping[str, str]) -> list[LookupPerson]:
    """All people, sorted by e-mail address, with their group from `group_of` (by lower-case address)."""
    newest: _People = {}
    for key_fields, event in _classified(events):
        _update_person(newest, key_fields, event)
    present = (person for _, person in newest.values() if person)
    rows = (person._replace(peer_group=group_of.get(person.user.lower(), "")) for person in present)
    return sorted(rows, key=lambda person: (person.user, person.user_uid))


def keys_of(events: Iterable[Mapping[str, Any]], overrides: Mapping[str, KeyOverrides]) -> list[LookupKey]:
    """All keys of the newest inventory. The contact is the owner unless `overrides` has another one."""
    newest: dict[str, tuple[int, Mapping[str, Any] | None]] = {}
    people: _People = {}
    for key_fields, event in _classified(events):
        _update_person(people, key_fields, event)
        key = key_fields.object_uid if key_fields.event_code.startswith(_KEYS) else None
        if key and key_fields.time_ms >= newest.get(key, (0, None))[0]:
            removed = key_fields.event_code == _KEYS + _REMOVED
            newest[key] = key_fields.time_ms, None if removed else next(iter(event.get("resources", ())), None)
    rows = (
        _key_row(key, resource, overrides.get(key, KeyOverrides()), people)
        for key, (_, resource) in newest.items()
        if resource
    )
    return sorted(rows, key=lambda row: (row.name, row.key))


def networks_of(address_range: ipaddress.IPv4Network | ipaddress.IPv6Network) -> Iterator[str]:
    """Every network with addresses in the range: `198.51.100` for /24, `2001:db8` for /32.

    The same text as the rules cut from an address: all before the third dot, or before the second colon.
    """
    if isinstance(address_range, ipaddress.IPv4Network):
        for network in address_range.supernet(new_prefix=min(24, address_range.prefixlen)).subnets(new_prefix=24):
            yield str(network.network_address).rpartition(".")[0]
    else:
        for part in address_range.supernet(new_prefix=min(32, address_range.prefixlen)).subnets(new_prefix=32):
            first, second = (int(group, 16) for group in part.network_address.exploded.split(":")[:2])
            yield f"{first:x}:{second:x}"
            if second == 0:
                yield f"{first:x}:"


def _classified(events: Iterable[Mapping[str, Any]]) -> Iterator[tuple[KeyFields, Mapping[str, Any]]]:
    for event in events:
        if classified := classify(event):
            yield classified[0], event


def _update_person(newest: _People, key_fields: KeyFields, event: Mapping[str, Any]) -> None:
    user = _user_in(key_fields, event)
    uid = user.get("uid")
    time, before = newest.get(uid or "", (0, None))
    if not uid or key_fields.time_ms < time:
        return
    address = user.get("email_addr") or (before.user if before else "")
    name = user.get("full_name") or (before.name if before else "")
    departed = key_fields.event_code == _USERS + _REMOVED
    newest[uid] = key_fields.time_ms, None if departed else LookupPerson(uid, address, name, "")


def _user_in(key_fields: KeyFields, event: Mapping[str, Any]) -> Mapping[str, Any]:
    """The user of a member list event, else the human actor."""
    if key_fields.event_code.startswith(_USERS):
        return {**event.get("user", {}), **event.get("user_result", {})}
    return event["actor"]["user"] if key_fields.actor_type == "user_actor" else {}


def _key_row(key: str, resource: Mapping[str, Any], overrides: KeyOverrides, people: _People) -> LookupKey:
    _, owner = people.get(resource.get("owner", {}).get("uid", ""), (0, None))
    contact = overrides.contact or (owner.user if owner else "")
    return LookupKey(key, resource.get("name", ""), contact, overrides.max_age_days)
