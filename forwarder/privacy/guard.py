"""Removes content from attributes before they become an event.

Invariants
    In `metadata` and `hash` no text of a content attribute, and no text longer than `LONGEST` under any name and at
    any depth, is in the result; its length is, in `hash` with its SHA-256.
    This holds whatever the client sends: the operator sets the mode, not the client.
    `full` changes nothing.
"""

import hashlib
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

import orjson

from forwarder.privacy.content import LONGEST, is_content

Mode = Literal["metadata", "hash", "full"]
REDACTED = "<REDACTED>"
"""Claude Code sends this for content that its own settings withhold: no content, so it is kept."""


class Guarded(NamedTuple):
    """Attributes without content, and the length (and hash) of the content by attribute name."""

    kept: dict[str, Any]
    content: dict[str, dict[str, Any]]


def guarded(attributes: Mapping[str, Any], mode: Mode) -> Guarded:
    """The attributes as `mode` allows. Lengths are in characters; those of lists and objects in bytes of JSON."""
    if mode == "full":
        return Guarded(dict(attributes), {})
    kept: dict[str, Any] = {}
    content: dict[str, dict[str, Any]] = {}
    for name, value in attributes.items():
        kind = value.__class__
        if len(name) > LONGEST:
            name = _short_name(name)
        if kind is str:
            if (len(value) <= LONGEST and not is_content(name)) or value == REDACTED:
                kept[name] = value
            elif value:
                content[name] = _summary(value, mode)
        elif kind is dict or kind is list:
            if is_content(name):
                content[name] = _summary(value, mode)
            else:
                kept[name] = _nested(value, mode)
        else:
            kept[name] = value
    return Guarded(kept, content)


def guarded_text(value: str, mode: Mode) -> str | dict[str, Any]:
    """A text that should be a name, such as a span's: itself, or its length (and hash) where it is too long."""
    return value if mode == "full" or len(value) <= LONGEST else _summary(value, mode)


def _nested(value: Any, mode: Mode) -> Any:
    """A value within a list or an object, with content replaced by its length (and hash)."""
    if value.__class__ is str:
        return guarded_text(value, mode)
    if value.__class__ is list:
        return [_nested(item, mode) for item in value]
    if value.__class__ is dict:
        kept, content = guarded(value, mode)
        return {**kept, **content}
    return value


def _summary(value: Any, mode: Mode) -> dict[str, Any]:
    if value.__class__ is str:
        summary: dict[str, Any] = {"length": len(value)}
        data = value.encode("utf-8", "replace")
    else:
        data = _bytes(value)
        summary = {"length": len(data)}
    if mode == "hash":
        summary["sha256"] = hashlib.sha256(data).hexdigest()
    return summary


def _bytes(value: Any) -> bytes:
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError:
        return repr(value).encode("utf-8", "replace")


def _short_name(name: str) -> str:
    return "name:" + hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:16]
