"""Before and after: from pairs of fields and from the feed's `updates[]` arrays.

Source: Compliance API reference, List activities: `updates[]` holds `type`, `previous_value`, `current_value`.
"""

from typing import Any

from forwarder.ocsf.cleaning import clean
from forwarder.ocsf.plan import Plan

_PAIR = {"type", "previous_value", "current_value"}


def before_and_after(plan: Plan, rest: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The settings that changed, by name, before and after; taken out of `rest`."""
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for setting, old, new in plan.changes:
        _move(rest, old, before, setting)
        _move(rest, new, after, setting)
    if plan.updates is not None and _are_pairs(rest.get("updates")):
        _unfold(rest, before, after)
    return before, after


def _move(rest: dict[str, Any], source: str, side: dict[str, Any], setting: str) -> None:
    value = clean(rest.pop(source, None)) if source else None
    if value is not None:
        side[setting] = value


def _unfold(rest: dict[str, Any], before: dict[str, Any], after: dict[str, Any]) -> None:
    """The array goes only when all it says is in the two sides."""
    whole = True
    for update in rest["updates"]:
        old, new = clean(update.get("previous_value")), clean(update.get("current_value"))
        if old is not None:
            before[update["type"]] = old
        if new is not None:
            after[update["type"]] = new
        said = {name for name, value in update.items() if value is not None}
        whole = whole and said <= _PAIR and (old is not None or new is not None)
    if whole:
        del rest["updates"]


def _are_pairs(updates: Any) -> bool:
    """Whether each entry names a setting of its own."""
    if updates.__class__ is not list or not all(update.__class__ is dict for update in updates):
        return False
    names = [update.get("type") for update in updates]
    return all(name.__class__ is str and name for name in names) and len(set(names)) == len(names)
