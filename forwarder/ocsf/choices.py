"""Which plan a record's own values choose: what is switched on, what off, which role, shared with whom."""

from collections.abc import Iterator
from typing import Any

from forwarder.ocsf.plan import Choice, Plan

_TRUTH = {"true": True, "false": False}


def chosen(plan: Plan, rest: dict[str, Any]) -> Plan:
    """The most severe of the plans that the record's values choose, the first of equals; `plan` if they choose none."""
    found = [choice.plans[value] for choice in plan.choices for value in _values(choice, rest) if value in choice.plans]
    return max(found, key=lambda other: other.severity_id, default=plan)


def _values(choice: Choice, rest: dict[str, Any]) -> Iterator[str | bool]:
    held = rest.get(choice.field)
    for item in held if held.__class__ is list else (held,):
        value = _inside(choice, item) if choice.inner else item
        if value.__class__ is bool or value.__class__ is str:
            yield value


def _inside(choice: Choice, item: Any) -> Any:
    if item.__class__ is not dict or (choice.setting and item.get("type") != choice.setting):
        return None
    value = item.get(choice.inner)
    # `updates[]` writes every value as text.
    return _TRUTH.get(value.lower(), value) if choice.setting and value.__class__ is str else value
