"""Which plan a record's own values choose: what is switched on, what off, which role, shared with whom.

And which values inside fields a plan uses as if they were fields.
"""

from collections.abc import Iterator
from typing import Any

from forwarder.ocsf.feed.plan import Choice, Lifted, Plan

ANY = "*"
"""In the table: whatever the value is."""
_TRUTH = {"true": True, "false": False}


def chosen(plan: Plan, rest: dict[str, Any]) -> Plan:
    """The most severe of the plans that the record's values choose, the first of equals; `plan` if they choose none."""
    told = ((choice, value) for choice in plan.choices for value in _values(choice, rest))
    found = [other for choice, value in told if (other := choice.plans.get(value) or choice.plans.get(ANY))]
    return max(found, key=lambda other: other.severity_id, default=plan)


def lift(plan: Plan, rest: dict[str, Any]) -> None:
    """Puts values from inside fields beside the fields: out of an object they are moved, out of `updates[]` copied."""
    for lifted in plan.lifted:
        held = rest.get(lifted.field)
        if held.__class__ is list:
            values = [value for item in held if (value := _inside(lifted, item)) is not None]
            if values:
                rest[lifted.path] = values[0]
        elif held.__class__ is dict and lifted.inner in held:
            rest[lifted.path] = held[lifted.inner]
            rest[lifted.field] = {name: item for name, item in held.items() if name != lifted.inner} or None


def _values(choice: Choice, rest: dict[str, Any]) -> Iterator[str | bool]:
    held = rest.get(choice.field)
    for item in held if held.__class__ is list else (held,):
        value = _inside(choice, item) if choice.inner else item
        if value.__class__ is bool or value.__class__ is str:
            yield value


def _inside(choice: Choice | Lifted, item: Any) -> Any:
    if item.__class__ is not dict or (choice.setting and item.get("type") != choice.setting):
        return None
    value = item.get(choice.inner)
    # `updates[]` writes every value as text.
    return _TRUTH.get(value.lower(), value) if choice.setting and value.__class__ is str else value
