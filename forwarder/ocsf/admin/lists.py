"""The mapping of each list: its objects, where their fields are, and what a difference between two lists means.

One file a list, `list_mappings/NAME.yaml`; NAME is the kind of object as `InventoryRecord.source` gives it. The keys
are the fields of `ListMapping`, and for each of `differences` those of `ListDifference` (`from` and `to` for
`values_before` and `values_after`). `class` at the top holds for every difference that names none. A difference with
`role_field` stands for all the rows of a changed role, see `_role_changes`.

Of the differences that apply, the first gives the event its code, class and activity; the most severe its severity.
Of differences with the same code only the first that applies counts, so a table may go from the special to the general.
Risks are those of `core.severity`, with the meaning they have in the table of activities.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from forwarder.errors import Reject
from forwarder.ocsf.admin.fields import Fields, at, same, timestamp
from forwarder.yaml_tables import read_table

FOLDER = Path(__file__).with_name("list_mappings")

When = Literal["added", "vanished", "changed", "removed", "later"]
"""The object is new; the object is gone; the value differs; the value is no longer set; the timestamp is later."""


class ListDifference(NamedTuple):
    """One possible difference of an object between two lists, and the event it becomes."""

    code: str
    """The end of the event code, after the object's code."""
    change_class: str
    """The OCSF class, by its name in `changes.CHANGE_CLASSES`."""
    activity: str
    """OCSF's caption of one of the class's activities; another word becomes activity 99 with that name."""
    when: When = "changed"
    fields: tuple[str, ...] = ()
    """Paths of the value in both versions of the API; without, the object itself is the value."""
    values_before: frozenset[str] | None = None
    """Only if the value was one of these."""
    values_after: frozenset[str] | None = None
    """Only if the value is one of these now."""
    risk: str | None = None

    def applies(self, before: Fields | None, after: Fields | None) -> bool:
        """Whether an object differs like this. At least one of `before` and `after` is an object."""
        if (before is None) != (self.when == "added") or (after is None) != (self.when == "vanished"):
            return False
        was, now = (at(fields or {}, self.fields) if self.fields else fields for fields in (before, after))
        if not (_one_of(was, self.values_before) and _one_of(now, self.values_after)):
            return False
        return not self.fields or _differs(self.when, was, now)


class ListMapping(NamedTuple):
    """The objects of one list. Fields are given as names; the first with a text counts."""

    code: str
    """The beginning of event codes, and the key in `unmapped` of fields without an OCSF attribute."""
    caption: str
    """The type of the object, as in the key field `object_type`."""
    differences: tuple[ListDifference, ...]
    identity: tuple[str, ...] = ("id",)
    """The fields that together identify it."""
    uid: tuple[str, ...] = ("id",)
    name: tuple[str, ...] = ()
    owner: tuple[str, ...] = ()
    """Objects that identify its owner."""
    created: tuple[str, ...] = ()
    person: bool = False
    """Whether it is an account (class 5003) and not a resource (5023)."""
    email: tuple[str, ...] = ()
    role: tuple[str, ...] = ()
    admin_roles: frozenset[str] = frozenset()
    """Values of `role` that make the account an administrator of the organization, who can give others access."""
    group: tuple[str, ...] = ()
    """The workspace that an account is a member of."""
    may_be_pending: bool = False
    """Whether it waits for an answer while its status is `pending`."""

    def differences_between(self, before: Fields | None, after: Fields | None) -> Iterator[ListDifference]:
        """The differences that apply, the most significant first; at least one, as the last row always applies."""
        codes = set[str]()
        for row in self.differences:
            if row.code not in codes and row.applies(before, after):
                codes.add(row.code)
                yield row


@lru_cache(maxsize=1)
def list_mappings() -> Mapping[str, ListMapping]:
    """Every mapping by the kind of object. Raises `ValueError` for a file with unknown or missing keys."""
    return MappingProxyType({path.stem: _mapping(path) for path in sorted(FOLDER.glob("*.yaml"))})


def list_mapping(source: str) -> ListMapping:
    """The mapping of a list's objects. Raises `Reject` for an unknown list: its objects have no event code."""
    mapping = list_mappings().get(source)
    if mapping is None:
        raise Reject("unknown-list", f"list {source!r} is none of {', '.join(list_mappings())}")
    return mapping


def _mapping(path: Path) -> ListMapping:
    table = read_table(path)
    try:
        default_class, rows = table.pop("class"), table.pop("differences")
        differences = tuple(one for row in rows for one in _differences({"class": default_class, **row}))
        return ListMapping(differences=differences, **{key: _frozen(key, value) for key, value in table.items()})
    except (KeyError, TypeError) as error:
        raise ValueError(f"{path.name}: {error}") from None


def _differences(row: dict[str, Any]) -> Iterator[ListDifference]:
    if "role_field" in row:
        yield from _role_changes(row["class"], row["role_field"], row["elevated_roles"])
        return
    names = {"class": "change_class", "from": "values_before", "to": "values_after"}
    yield ListDifference(**{names.get(key, key): _frozen(names.get(key, key), value) for key, value in row.items()})


def _frozen(key: str, value: Any) -> Any:
    if not isinstance(value, list):
        return value
    return frozenset(value) if key in ("values_before", "values_after", "admin_roles") else tuple(value)


def _role_changes(change_class: str, field: str, elevated: Mapping[str, str]) -> Iterator[ListDifference]:
    """A changed role. `elevated`: roles above the ordinary, the highest first → the risk of being given one.

    Moving down from an elevated role revokes privileges, whatever role is left; so does losing the role altogether.
    """
    given = ListDifference("role_changed", change_class, "Assign Privileges", fields=(field,))
    taken = given._replace(activity="Revoke Privileges")
    for role, risk in elevated.items():
        yield given._replace(values_after=frozenset({role}), risk=risk)
        yield taken._replace(values_before=frozenset({role}))
    yield taken._replace(when="removed")
    yield given._replace(risk="access given")


def _one_of(value: object, values: frozenset[str] | None) -> bool:
    return values is None or (isinstance(value, str) and value in values)


def _differs(when: When, was: object, now: object) -> bool:
    if when == "removed":
        return was is not None and now is None
    if when == "later":
        earlier, later = timestamp(was), timestamp(now)
        return earlier is not None and later is not None and earlier < later
    return not same(was, now)
