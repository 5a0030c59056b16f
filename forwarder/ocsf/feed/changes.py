"""Before and after: from pairs of fields and from the feed's `updates[]` arrays.

Source: Compliance API reference, List activities: `updates[]` holds `type`, `previous_value`, `current_value`.
"""

from typing import Any

from forwarder.ocsf.core.cleaning import clean
from forwarder.ocsf.feed.plan import Plan


def before_and_after(plan: Plan, rest: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The settings that changed, by name, before and after. Pairs are taken out of `rest`, `updates[]` stays."""
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for setting, old, new in plan.changes:
        _note(before, setting, rest.pop(old, None) if old else None)
        _note(after, setting, rest.pop(new, None) if new else None)
    updates = rest.get("updates") if plan.has_updates else None
    for update in updates if updates.__class__ is list else ():
        if update.__class__ is dict and update.get("type").__class__ is str and update["type"]:
            _note(before, update["type"], update.get("previous_value"))
            _note(after, update["type"], update.get("current_value"))
    return before, after


def _note(side: dict[str, Any], setting: str, value: Any) -> None:
    value = clean(value)
    if value is not None:
        side[setting] = value
