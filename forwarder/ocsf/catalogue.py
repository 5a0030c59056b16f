"""The catalogue of activity types: `catalogue.yaml` compiled into plans, once, at first use.

The head of `catalogue.yaml` says what an entry may hold.
"""

from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from forwarder.ocsf.captions import CLASSES, OTHER, SEVERITIES, STATUSES
from forwarder.ocsf.classes import FILLINGS
from forwarder.ocsf.envelope import classification, outcome
from forwarder.ocsf.plan import Change, Plan

_TEXT = ("uid", "name", "user_uid", "user_email", "privileges", "detail", "correlation")
_FIELDS = ("granted", "data", "fields", "change", "updates", "enums", "by")
_WORDS = ("class", "activity", "object", "called", "severity", "status", "protocol", "types")
KEYS = frozenset(_TEXT + _FIELDS + _WORDS)
_UPDATE = "updates."
_SEVERITY = {caption: number for number, caption in SEVERITIES.items()}
_STATUS = {caption: number for number, caption in STATUSES.items()}
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@lru_cache(maxsize=1)
def plans() -> dict[str, Plan]:
    """Every activity type the catalogue holds, with its plan."""
    return {code: compile_plan(code, entry) for code, entry in entries().items()}


def entries() -> dict[str, dict[str, Any]]:
    """The table as written: every activity type with its entry over its family's, and the family's name."""
    text = Path(__file__).with_name("catalogue.yaml").read_bytes()
    families: dict[str, Any] = yaml.load(text, Loader=_LOADER)  # noqa: S506 - both are safe loaders
    return {
        code: {**family, **(entry or {})} for family in families.values() for code, entry in family["types"].items()
    }


def compile_plan(code: str, entry: dict[str, Any], fallback: bool = False) -> Plan:
    """The plan of one entry. Raises `ValueError` where the entry holds a key or word the table does not know."""
    _check(code, entry)
    filling = FILLINGS[entry["class"]]
    texts: dict[str, Any] = {key: _names(entry.get(key)) for key in _TEXT}
    changes = tuple(Change(setting, *pair) for setting, pair in entry.get("change", {}).items())
    switch, variants = _variants(code, entry)
    mapped = frozenset(name for names in texts.values() for name in names)
    kind = entry.get("object", "")
    return Plan(
        code=code,
        class_uid=filling.class_uid,
        build=filling.build,
        pointer=filling.pointer,
        profiles=filling.profiles,
        kind=kind,
        called=entry.get("called", kind),
        granted=_names(entry.get("granted")),
        data=_names(entry.get("data")),
        changes=changes,
        updates=frozenset(entry["updates"]) if "updates" in entry else None,
        protocol=entry.get("protocol", ""),
        known=mapped | _other_fields(entry, changes),
        mapped=mapped,
        enums=_enums(entry),
        switch="" if switch.startswith(_UPDATE) else switch,
        setting=switch.removeprefix(_UPDATE) if switch.startswith(_UPDATE) else "",
        variants=variants,
        fallback=fallback,
        **_constants(filling.class_uid, entry),
        **texts,
    )


def _check(code: str, entry: dict[str, Any]) -> None:
    if missing := {"class", "activity"} - entry.keys():
        raise ValueError(f"{code}: {sorted(missing)} missing, in the entry or its family")
    if unknown := entry.keys() - KEYS:
        raise ValueError(f"{code}: unknown key {sorted(unknown)}; an entry may hold {sorted(KEYS)}")
    if entry["class"] not in FILLINGS:
        raise ValueError(f"{code}: unknown class {entry['class']!r}; one of {sorted(FILLINGS)}")
    if (severity := entry.get("severity", "Informational")) not in _SEVERITY:
        raise ValueError(f"{code}: unknown severity {severity!r}; one of {sorted(_SEVERITY)}")


def _constants(class_uid: int, entry: dict[str, Any]) -> dict[str, Any]:
    """Activity, severity and status: what the entry says in OCSF's own captions, or in words of its own."""
    ids = {caption: number for number, caption in CLASSES[class_uid].activities.items()}
    activity = entry["activity"]
    activity_id = ids.get(activity, OTHER)
    severity, status = entry.get("severity", "Informational"), entry.get("status", "Success")
    severity_id = _SEVERITY[severity]
    return {
        "activity": activity,
        "activity_id": activity_id,
        "severity": severity,
        "status": status,
        "opening": classification(class_uid, activity_id, activity if activity_id == OTHER else ""),
        "result": outcome(severity_id, _STATUS.get(status, OTHER), status),
        "failure": outcome(max(severity_id, 2), 2),
    }


def _variants(code: str, entry: dict[str, Any]) -> tuple[str, dict[Any, Plan]]:
    """`by: {field: {value: activity or {key: other}}}` as plans by value; a variant has none of its own."""
    if "by" not in entry:
        return "", {}
    ((switch, choices),) = entry["by"].items()
    base = {key: value for key, value in entry.items() if key != "by"}
    base["fields"] = [*_names(entry.get("fields")), *_switches(entry)]
    return switch, {
        value: compile_plan(code, {**base, **(other if isinstance(other, dict) else {"activity": other})})
        for value, other in choices.items()
    }


def _other_fields(entry: dict[str, Any], changes: tuple[Change, ...]) -> frozenset[str]:
    names = {*_names(entry.get("fields")), *_names(entry.get("data")), *_switches(entry)}
    names |= {side for change in changes for side in change[1:]}
    names |= {path.split("[")[0].split(".")[0] for path in entry.get("enums", ())}
    return frozenset(names | ({"updates"} if "updates" in entry else set()) | {"organization_id"}) - {""}


def _enums(entry: dict[str, Any]) -> tuple[tuple[tuple[str, ...], frozenset[Any]], ...]:
    documented = dict(entry.get("enums", {}))
    if "updates" in entry:
        documented["updates[].type"] = entry["updates"]
    closed = set(_switches(entry)) - {name for key in (*_TEXT, "fields") for name in _names(entry.get(key))}
    for switch in closed:
        documented.setdefault(switch, entry["by"][switch])
    return tuple((tuple(path.replace("[]", "").split(".")), frozenset(values)) for path, values in documented.items())


def _switches(entry: dict[str, Any]) -> list[str]:
    """The field, if it is one of the record's own, that `by` looks at."""
    return [switch for switch in entry.get("by", ()) if not switch.startswith(_UPDATE)]


def _names(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    return tuple(value) if isinstance(value, list) else (value,)
