"""The catalogue of activity types: the table's entries compiled into plans, once, at first use."""

from functools import lru_cache
from typing import Any

from forwarder.ocsf.core.captions import CLASSES, OTHER, SEVERITIES, STATUSES
from forwarder.ocsf.core.envelope import classification, outcome
from forwarder.ocsf.core.severity import RISKS, severity
from forwarder.ocsf.feed.classes import FILLINGS
from forwarder.ocsf.feed.plan import Change, Choice, Lifted, Plan
from forwarder.ocsf.feed.table import entries

_TEXT = (
    *("uid", "name", "kinds", "user_uid", "user_email", "user_kind", "privileges", "detail", "correlation"),
    *("idp", "start"),
)
_READ_ONLY = ("detail", "correlation", "user_kind", "start")
_FIELDS = ("granted", "data", "fields", "inner", "change", "updates", "enums", "by")
_WORDS = ("means", "theme", "class", "activity", "object", "called", "risk", "status", "protocol")
KEYS = frozenset(_TEXT + _FIELDS + _WORDS)
_UPDATES = "updates"
_UPDATE_NAMES = frozenset({"type", "previous_value", "current_value", "member_count"})
_EVERYWHERE = "organization_id"
_COMPARING = ("entity", "web")
_SEVERITY = {caption: number for number, caption in SEVERITIES.items()}
_STATUS = {caption: number for number, caption in STATUSES.items()}


@lru_cache(maxsize=1)
def plans() -> dict[str, Plan]:
    """Every activity type the catalogue holds, with its plan."""
    return {code: compile_plan(code, entry) for code, entry in entries().items()}


def compile_plan(code: str, entry: dict[str, Any], fallback: bool = False) -> Plan:
    """The plan of one entry. Raises `ValueError` where the entry holds a key or word the table does not know."""
    _check(code, entry)
    filling = FILLINGS[entry["class"]]
    texts: dict[str, Any] = {key: _names(entry.get(key)) for key in _TEXT}
    changes = _changes(entry)
    staying = set(_names(entry.get("fields")))
    kind = entry.get("object", "")
    return Plan(
        code=code,
        means=entry.get("means", ""),
        theme=(theme := entry.get("theme", "")),
        labels=(f"theme:{theme}",) if theme else (),
        class_uid=filling.class_uid,
        build=filling.build,
        pointer=filling.pointer,
        profiles=filling.profiles,
        kind=kind,
        called=entry.get("called", kind),
        granted=_names(entry.get("granted")),
        data=_names(entry.get("data")),
        changes=changes,
        has_updates=_UPDATES in entry,
        protocol=entry.get("protocol", ""),
        known=_known(entry, changes),
        mapped=frozenset(name for names in texts.values() for name in names) - staying,
        inner=(inner := _inner(entry)),
        enums=(enums := _enums(entry)),
        closed=bool(inner or enums),
        lifted=_lifted(entry),
        choices=_choices(code, entry),
        fallback=fallback,
        **_constants(filling.class_uid, entry),
        **texts,
    )


def _check(code: str, entry: dict[str, Any]) -> None:
    if missing := {"class", "activity"} - entry.keys():
        raise ValueError(f"{code}: {sorted(missing)} missing, in the entry or its theme")
    if unknown := entry.keys() - KEYS:
        raise ValueError(f"{code}: unknown key {sorted(unknown)}; an entry may hold {sorted(KEYS)}")
    if entry["class"] not in FILLINGS:
        raise ValueError(f"{code}: unknown class {entry['class']!r}; one of {sorted(FILLINGS)}")
    if (risk := entry.get("risk")) is not None and risk not in RISKS:
        raise ValueError(f"{code}: unknown risk {risk!r}; one of {sorted(RISKS)}")


def _constants(class_uid: int, entry: dict[str, Any]) -> dict[str, Any]:
    """Activity, severity and status: what the entry says in OCSF's own captions, or in words of its own."""
    ids = {caption: number for number, caption in CLASSES[class_uid].activities.items()}
    activity = entry["activity"]
    activity_id = ids.get(activity, OTHER)
    raised, status = severity(entry.get("risk")), entry.get("status", "Success")
    severity_id = _SEVERITY[raised]
    return {
        "activity": activity,
        "activity_id": activity_id,
        "risk": entry.get("risk") or "",
        "severity": raised,
        "severity_id": severity_id,
        "status": status,
        "opening": classification(class_uid, activity_id, activity if activity_id == OTHER else ""),
        "result": outcome(severity_id, _STATUS.get(status, OTHER), status),
        "failure": outcome(max(severity_id, _SEVERITY[RISKS["attempt failed"].severity]), _STATUS["Failure"]),
    }


def _choices(code: str, entry: dict[str, Any]) -> tuple[Choice, ...]:
    """`by: {field: {value: activity or {key: other}}}` as plans by value; a variant has no choices of its own."""
    base = {key: value for key, value in entry.items() if key != "by"}
    base["fields"] = [*_names(entry.get("fields")), *_switches(entry)]
    base["change"] = {change.setting: change[1:] for change in _changes(entry)}
    return tuple(
        Choice(
            *_place(path),
            {
                value: compile_plan(code, {**base, **(other if isinstance(other, dict) else {"activity": other})})
                for value, other in values.items()
            },
        )
        for path, values in entry.get("by", {}).items()
    )


def _place(path: str) -> tuple[str, str, str]:
    """Where a choice looks: a field, what is in it, and the setting of `updates[]` it names."""
    field, _, inner = path.partition(".")
    return (field, "current_value", inner) if field == _UPDATES else (field.removesuffix("[]"), inner, "")


def _lifted(entry: dict[str, Any]) -> tuple[Lifted, ...]:
    """What stands inside other fields and is named by a path."""
    taken = (key for key in (*_TEXT, "data") if key not in _READ_ONLY)
    named = [name for key in taken for name in _names(entry.get(key))]
    return tuple(Lifted(path, *_place(path)) for path in named if "." in path)


def _changes(entry: dict[str, Any]) -> tuple[Change, ...]:
    """The pairs of before and after. A switch that `by` looks at is what the object is set to."""
    told = {setting: tuple(pair) for setting, pair in entry.get("change", {}).items()}
    if entry["class"] in _COMPARING:
        sides = {side for pair in told.values() for side in pair}
        told |= {name: ("", name) for name in _switches(entry) if name not in sides and True in entry["by"][name]}
    return tuple(Change(setting, *pair) for setting, pair in told.items())


def _known(entry: dict[str, Any], changes: tuple[Change, ...]) -> frozenset[str]:
    """Every field of the type by its first name."""
    names = {name.split(".")[0] for key in (*_TEXT, "fields", "data") for name in _names(entry.get(key))}
    names |= {side for change in changes for side in change[1:]}
    paths = [*entry.get("enums", ()), *entry.get("inner", ()), *entry.get("by", ())]
    names |= {path.split(".")[0].removesuffix("[]") for path in paths}
    return frozenset(names | ({_UPDATES} if _UPDATES in entry else set()) | {_EVERYWHERE}) - {""}


def _inner(entry: dict[str, Any]) -> tuple[tuple[tuple[str, ...], frozenset[str]], ...]:
    documented = {_steps(path): frozenset(names) for path, names in entry.get("inner", {}).items()}
    if _UPDATES in entry:
        documented[(_UPDATES,)] = _UPDATE_NAMES
    return tuple(documented.items())


def _enums(entry: dict[str, Any]) -> tuple[tuple[tuple[str, ...], frozenset[Any]], ...]:
    """Documented sets of values. A switch that is named nowhere else in the entry has just the values told."""
    documented = dict(entry.get("enums", {}))
    if _UPDATES in entry:
        documented["updates[].type"] = entry[_UPDATES]
    elsewhere = {name for key in (*_TEXT, "fields") for name in _names(entry.get(key))}
    for switch in set(_switches(entry)) - elsewhere:
        documented.setdefault(switch, entry["by"][switch])
    return tuple((_steps(path), frozenset(values)) for path, values in documented.items())


def _switches(entry: dict[str, Any]) -> list[str]:
    """The fields of the record itself that `by` looks at."""
    return [path for path in entry.get("by", ()) if "." not in path]


def _steps(path: str) -> tuple[str, ...]:
    return tuple(path.replace("[]", "").split("."))


def _names(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    return tuple(value) if isinstance(value, list) else (value,)
