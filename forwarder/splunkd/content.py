"""Values as splunkd's entries have them: all text, or lists of text."""

from collections.abc import Mapping
from typing import Any


def is_on(told: object) -> bool:
    """Whether the text means yes: `1` or, at times, `true`; what is not there means no."""
    return str(told).lower() in ("1", "true", "t")


def texts(content: Mapping[str, Any], key: str) -> tuple[str, ...]:
    """A list, which may stand as text with commas or not at all."""
    told = content.get(key) or ""
    listed = told if isinstance(told, list) else str(told).split(",")
    return tuple(one.strip() for one in listed if one.strip())
