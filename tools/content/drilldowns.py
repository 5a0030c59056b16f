"""Drill-down from a finding to its events, with the row's values as `$tokens$`."""

import re

from tools.content.folder import Detection
from tools.content.rules import UnfitRule

_BASE = re.compile(r"`claude_\w+\(\".*?\"\)`", re.S)


def drilldown_search(detection: Detection) -> str:
    """The events the rule reads that contain the entity. Raises `UnfitRule` without a base."""
    base = _BASE.match(detection.spl)
    if base is None:
        raise UnfitRule(f"{detection.folder}/search.spl: must begin with a base macro and its filter")
    return f'{base[0]} | search "$entity$"'


def drilldown(detection: Detection) -> dict[str, str]:
    """In the format of Enterprise Security, over the time range of the rule's search."""
    return {
        "name": "Events that name $entity$",
        "search": drilldown_search(detection),
        "earliest_offset": "$info_min_time$",
        "latest_offset": "$info_max_time$",
    }
