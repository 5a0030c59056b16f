"""Takes content out of attributes before anything else sees them.

Invariants
    In `metadata` and `hash` no text of a content attribute, and no text longer than `LONGEST` under any name and at
    any depth, is in what comes back; its length is, in `hash` with its SHA-256.
    Whatever the client sends: the mode is the operator's, not the client's.
    `full` changes nothing.
"""

import hashlib
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

import orjson

from forwarder.privacy.content import LONGEST, is_content

Mode = Literal["metadata", "hash", "full"]
REDACTED = "<REDACTED>"
"""What Claude Code sends for content that its own settings hold back: no content, and said as it came."""


class Guarded(NamedTuple):
    """Attributes without content, and what is told of the content by attribute name."""

    kept: dict[str, Any]
    content: dict[str, dict[str, Any]]


def guarded(attributes: Mapping[str, Any], mode: Mode) -> Guarded:
    """The attributes as `mode` allows. Lengths are in characters, of values that are no text in bytes of JSON."""
    if mode == "full":
        return Guarded(dict(attributes), {})
    kept: dict[str, Any] = {}
    content: dict[str, dict[str, Any]] = {}
    for name, value in attributes.items():
        kind = value.__class__
        if len(name) > LONGEST:
            name = _short(name)
        if kind is str:
            if (len(value) <= LONGEST and not is_content(name)) or value == REDACTED:
                kept[name] = value
            elif value:
                content[name] = _told(value, mode)
        elif kind is dict or kind is list:
            if is_content(name):
                content[name] = _told(value, mode)
            else:
                kept[name] = _inside(value, mode)
        else:
            kept[name] = value
    return Guarded(kept, content)


def guarded_text(value: str, mode: Mode) -> str | dict[str, Any]:
    """Text that should be a name, such as a span's: itself, or what may be told of it where it is too long."""
    return value if mode == "full" or len(value) <= LONGEST else _told(value, mode)


def _inside(value: Any, mode: Mode) -> Any:
    """A value within a list or an object; what is content there is replaced by what may be told of it."""
    if value.__class__ is str:
        return guarded_text(value, mode)
    if value.__class__ is list:
        return [_inside(item, mode) for item in value]
    if value.__class__ is dict:
        kept, content = guarded(value, mode)
        return {**kept, **content}
    return value


def _told(value: Any, mode: Mode) -> dict[str, Any]:
    if value.__class__ is str:
        told: dict[str, Any] = {"length": len(value)}
        data = value.encode("utf-8", "replace")
    else:
        data = _bytes(value)
        told = {"length": len(data)}
    if mode == "hash":
        told["sha256"] = hashlib.sha256(data).hexdigest()
    return told


def _bytes(value: Any) -> bytes:
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError:
        return repr(value).encode("utf-8", "replace")


def _short(name: str) -> str:
    return "name:" + hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:16]
