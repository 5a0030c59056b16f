"""A draft entry for a new type, from its name, its fields and the types with similar names.

It names every documented field, so that no record is `mapping:partial`. A person has to review its meaning.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import yaml

from forwarder.ocsf.core.captions import CLASSES
from forwarder.ocsf.feed.classes import ACTIVITY_CLASSES
from forwarder.ocsf.feed.fallback import beginnings, guess, name_ending
from forwarder.ocsf.feed.plan import ActivityPlan
from tools.api_drift.listed import Documented

DEFAULT_THEME = "settings"
"""The theme of a type without similar names."""
_NAMED = ("uid", "name", "user_uid", "user_email", "kinds", "privileges", "correlation")
_BEFORE = ("previous_", "old_")
_AFTER = ("new_", "current_", "")
_SWITCHES = ("enabled", "is_enabled")
_UPDATES = "updates[].type"


class Proposal(NamedTuple):
    """The theme and draft entry of a type."""

    code: str
    theme: str
    entry: dict[str, Any]

    def text(self) -> str:
        """The entry as the theme's file would hold it."""
        body = yaml.safe_dump({self.code: self.entry}, sort_keys=False, width=110, allow_unicode=True)
        return "".join(f"  {line}\n" for line in body.splitlines())


def propose(
    code: str, documented: Documented, families: Mapping[str, Mapping[str, Any]], known: Mapping[str, ActivityPlan]
) -> Proposal:
    """The draft entry of `code`, from the themes and the known types."""
    alike = (plan for plan in known.values() if plan.code != code)
    theme = guess(code, beginnings(alike)).theme or DEFAULT_THEME
    family = families[theme]
    entry = _meaning(code, family)
    left = dict.fromkeys(path.split(".")[0].removesuffix("[]") for path in documented.fields or {})
    _identify(code, family, entry, left)
    for name in [name for key in _NAMED for name in _names(family.get(key))]:
        left.pop(name, None)
    _pair(entry, left)
    _document(documented, entry, left)
    if left:
        entry["fields"] = list(left)
    return Proposal(code, theme, entry)


def _meaning(code: str, family: Mapping[str, Any]) -> dict[str, Any]:
    """Sentence, activity, object and status, from the words of the name."""
    words = code.split("_")
    ending = name_ending(words)
    noun = " ".join(words[: len(words) - ending.length]) or code
    offered = CLASSES[ACTIVITY_CLASSES[family["class"]].class_uid].activities.values()
    activity = next((activity for activity in ending.activities if activity in offered), words[-1].capitalize())
    entry = {"means": f"{noun.capitalize()}: {' '.join(words[-ending.length :])}", "activity": activity}
    if family.get("object", "").lower() not in noun:
        entry["object"] = noun.title()
    if ending.status != "Success":
        entry["status"] = ending.status
    return entry | ({"risk": "attempt failed"} if ending.status == "Failure" else {})


def _identify(code: str, family: Mapping[str, Any], entry: dict[str, Any], left: dict[str, None]) -> None:
    """The fields that identify and name the object, unless the theme already names one of the type's fields."""
    for key, ending in (("uid", "_id"), ("name", "_name")):
        fitting = [name for name in left if name.endswith(ending) and name.removesuffix(ending) in code]
        if fitting and not left.keys() & set(_names(family.get(key))):
            entry[key] = fitting[0]
            del left[fitting[0]]


def _pair(entry: dict[str, Any], left: dict[str, None]) -> None:
    """Fields before and after a change, and switches."""
    change = {}
    for before in [name for name in left if name.startswith(_BEFORE)]:
        setting = before.split("_", 1)[1]
        after = next((name for prefix in _AFTER if (name := prefix + setting) in left), "")
        change[setting] = [before, after]
    for name in [side for pair in change.values() for side in pair if side]:
        left.pop(name, None)
    if change:
        entry["change"] = change
    for switch in _SWITCHES:
        if switch in left and entry["activity"] == "Update":
            entry["by"] = {switch: {True: "Enable", False: "Disable"}}
            del left[switch]


def _document(documented: Documented, entry: dict[str, Any], left: dict[str, None]) -> None:
    """Documented values and nested names; their first names need not be repeated in `fields`."""
    enums = {path: values for path, values in (documented.enums or {}).items() if not path.startswith("updates[]")}
    if documented.enums and _UPDATES in documented.enums:
        entry["updates"] = documented.enums[_UPDATES]
        left.pop("updates", None)
    inner: dict[str, list[str]] = {}
    for path in documented.fields or {}:
        parent, _, name = path.rpartition(".")
        if parent and "{}" not in path and not path.startswith("updates[]"):
            inner.setdefault(parent, []).append(name)
    for key, documents in (("inner", inner), ("enums", enums)):
        if documents:
            entry[key] = documents
        for path in documents:
            left.pop(path.split(".")[0].removesuffix("[]"), None)


def _names(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value] if value else []
