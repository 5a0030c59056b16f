""" "Lossless", defined independently of the code: every value of the source is somewhere in the event."""

import math
from collections import Counter
from collections.abc import Iterator
from typing import Any


def values(node: Any) -> Iterator[str]:
    """Every scalar of a JSON value as an event may hold it, without nulls and empty strings."""
    if isinstance(node, dict):
        for item in node.values():
            yield from values(item)
    elif isinstance(node, list):
        for item in node:
            yield from values(item)
    elif node is not None and node != "":
        yield _scalar(node)


def _scalar(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int) and not -(2**63) <= value < 2**64:
        return str(value)
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return str(value).encode("utf-8", "replace").decode()


def lost(fields: dict[str, Any], event: dict[str, Any]) -> list[str]:
    """Values that occur more often in the source than in the event without its observables."""
    kept = {name: value for name, value in event.items() if name != "observables"}
    return sorted((Counter(values(fields)) - Counter(values(kept))).elements())
