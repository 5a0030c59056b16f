"""The catalogue of activity types: the table in `themes/*.yaml`, compiled to plans once, at first use.

The README beside the table lists the keys of an entry.
"""

from functools import lru_cache
from pathlib import Path
from typing import Any

from forwarder.ocsf.core.captions import SEVERITIES
from forwarder.ocsf.core.envelope import frame
from forwarder.ocsf.core.severity import RISKS
from forwarder.ocsf.feed.classes import ACTIVITY_CLASSES
from forwarder.ocsf.feed.plan import ActivityPlan, LiftedField, PlanChoice, SettingChange
from forwarder.yaml_tables import read_table

FOLDER = Path(__file__).with_name("themes")
_TEXT = (
    *("uid", "name", "kinds", "user_uid", "user_email", "user_kind", "privileges", "detail", "correlation"),
    *("idp", "start"),
)
_READ_ONLY = ("detail", "correlation", "user_kind", "start")
_FIELDS = ("granted", "data", "fields", "inner", "change", "updates", "enums", "by")
_WORDS = ("means", "theme", "class", "activity", "object", "called", "risk", "status", "protocol")
_OF_THE_THEME = ("about", "types")
KEYS = frozenset(_TEXT + _FIELDS + _WORDS)
_UPDATES = "updates"
_UPDATE_NAMES = frozenset({"type", "previous_value", "current_value", "member_count"})
_EVERYWHERE = "organization_id"
_COMPARING = ("entity", "web")


def families(folder: Path = FOLDER) -> dict[str, dict[str, Any]]:
    """Every theme by name, in alphabetical order: `about`, the keys that hold for all of its `types`, and these."""
    return {path.stem: read_table(path) for path in sorted(folder.glob("*.yaml"))}


def entries(folder: Path = FOLDER) -> dict[str, dict[str, Any]]:
    """Every activity type with its own keys over its theme's, and `theme`. Raises `ValueError` for a duplicate type."""
    found: dict[str, dict[str, Any]] = {}
    for theme, family in families(folder).items():
        shared = {key: value for key, value in family.items() if key not in _OF_THE_THEME}
        for code, entry in family["types"].items():
            if code in found:
                raise ValueError(f"{code}: in {theme}.yaml and in {found[code]['theme']}.yaml; remove one of them")
            found[code] = {**shared, **entry, "theme": theme}
    return found


@lru_cache(maxsize=1)
def plans() -> dict[str, ActivityPlan]:
    """Every activity type of the catalogue, with its plan."""
    return {code: compile_plan(code, entry) for code, entry in entries().items()}


def compile_plan(code: str, entry: dict[str, Any], fallback: bool = False) -> ActivityPlan:
    """The plan of one entry. Raises `ValueError` for a key, class or risk that the table does not know."""
    _check(code, entry)
    builder = ACTIVITY_CLASSES[entry["class"]]
    status = entry.get("status", "Success")
    parts = frame(builder.class_uid, entry["activity"], entry.get("risk"), status)
    texts: dict[str, Any] = {key: _names(entry.get(key)) for key in _TEXT}
    changes = _changes(entry)
    staying = set(_names(entry.get("fields")))
    kind = entry.get("object", "")
    return ActivityPlan(
        code=code,
        means=entry.get("means", ""),
        theme=(theme := entry.get("theme", "")),
        labels=(f"theme:{theme}",) if theme else (),
        class_uid=builder.class_uid,
        build=builder.build,
        pointer=builder.pointer,
        profiles=builder.profiles,
        activity=entry["activity"],
        activity_id=parts.activity_id,
        risk=entry.get("risk") or "",
        severity=SEVERITIES[parts.severity_id],
        severity_id=parts.severity_id,
        status=status,
        opening=parts.opening,
        result=parts.result,
        failure=parts.failure,
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
        **texts,
    )


def _check(code: str, entry: dict[str, Any]) -> None:
    if missing := {"class", "activity"} - entry.keys():
        raise ValueError(f"{code}: {sorted(missing)} missing; add to the entry or its theme")
    if unknown := entry.keys() - KEYS:
        raise ValueError(f"{code}: unknown key {sorted(unknown)}; an entry may hold {sorted(KEYS)}")
    if entry["class"] not in ACTIVITY_CLASSES:
        raise ValueError(f"{code}: unknown class {entry['class']!r}; one of {sorted(ACTIVITY_CLASSES)}")
    if (risk := entry.get("risk")) is not None and risk not in RISKS:
        raise ValueError(f"{code}: unknown risk {risk!r}; one of {sorted(RISKS)}")


def _choices(code: str, entry: dict[str, Any]) -> tuple[PlanChoice, ...]:
    """`by: {field: {value: activity or {key: other}}}` as plans by value, which have no choices of their own."""
    base = {key: value for key, value in entry.items() if key != "by"}
    base["fields"] = [*_names(entry.get("fields")), *_switches(entry)]
    base["change"] = {change.setting: change[1:] for change in _changes(entry)}
    return tuple(
        PlanChoice(
            *_place(path),
            {
                value: compile_plan(code, {**base, **(other if isinstance(other, dict) else {"activity": other})})
                for value, other in values.items()
            },
        )
        for path, values in entry.get("by", {}).items()
    )


def _place(path: str) -> tuple[str, str, str]:
    """A path of `by` as field, name inside the field, and setting of `updates[]`."""
    field, _, inner = path.partition(".")
    return (field, "current_value", inner) if field == _UPDATES else (field.removesuffix("[]"), inner, "")


def _lifted(entry: dict[str, Any]) -> tuple[LiftedField, ...]:
    """The values inside other fields that the entry names by a path."""
    taken = (key for key in (*_TEXT, "data") if key not in _READ_ONLY)
    named = [name for key in taken for name in _names(entry.get(key))]
    return tuple(LiftedField(path, *_place(path)) for path in named if "." in path)


def _changes(entry: dict[str, Any]) -> tuple[SettingChange, ...]:
    """The pairs of fields before and after. A switch named in `by` holds the new value of the setting."""
    pairs = {setting: tuple(pair) for setting, pair in entry.get("change", {}).items()}
    if entry["class"] in _COMPARING:
        sides = {side for pair in pairs.values() for side in pair}
        pairs |= {name: ("", name) for name in _switches(entry) if name not in sides and True in entry["by"][name]}
    return tuple(SettingChange(setting, *pair) for setting, pair in pairs.items())


def _known(entry: dict[str, Any], changes: tuple[SettingChange, ...]) -> frozenset[str]:
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
    """Documented sets of values. A switch that is named only in `by` has just the values listed there."""
    documented = dict(entry.get("enums", {}))
    if _UPDATES in entry:
        documented["updates[].type"] = entry[_UPDATES]
    elsewhere = {name for key in (*_TEXT, "fields") for name in _names(entry.get(key))}
    for switch in set(_switches(entry)) - elsewhere:
        documented.setdefault(switch, entry["by"][switch])
    return tuple((_steps(path), frozenset(values)) for path, values in documented.items())


def _switches(entry: dict[str, Any]) -> list[str]:
    """The top-level fields that `by` names."""
    return [path for path in entry.get("by", ()) if "." not in path]


def _steps(path: str) -> tuple[str, ...]:
    return tuple(path.replace("[]", "").split("."))


def _names(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    return tuple(value) if isinstance(value, list) else (value,)
