"""The documented types in this repository: `forwarder/simulator/activity_types.json`, a line a type."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import forwarder.simulator
from tools.api_drift.listed import Documented

FACTS = Path(forwarder.simulator.__file__).with_name("activity_types.json")


def updated(text: str, newer: Mapping[str, Documented]) -> str:
    """The file's text with the types that `newer` documents; removed types and all actors stay."""
    facts = json.loads(text)
    activities: dict[str, Any] = facts["activities"]
    for code, documented in newer.items():
        entry = activities.setdefault(code, {"fields": None, "actors": None})
        if documented.fields is not None:
            entry["fields"] = dict(documented.fields)
            if "required" in entry:
                entry["required"] = [name for name in entry["required"] if name in documented.fields]
        if documented.enums is not None:
            entry["enums"] = dict(documented.enums)
    head = text[: text.index('"activities": {')]
    lines = (f"  {json.dumps(code)}: {json.dumps(activities[code], ensure_ascii=False)}" for code in sorted(activities))
    return head + '"activities": {\n' + ",\n".join(lines) + "\n}\n}\n"
