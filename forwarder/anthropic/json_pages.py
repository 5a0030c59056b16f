"""Response bodies as parsed pages, without loss of digits or characters.

orjson first. It silently turns integers beyond 64 bits into floats and refuses lone surrogates and numbers beyond a
double, so a page that may hold one is parsed by the standard library: surrogates are replaced, such numbers become
strings.
"""

import json
import re
from typing import Any

import orjson

from forwarder.errors import Retry
from forwarder.records import Page

_DIGITS = bytes(48 if 48 <= c <= 57 else 58 if c in b":,[ -\t\n\r" else 120 for c in range(256))
_LONG_INTEGER = b":" + b"0" * 19
_INT64 = range(-(2**63), 2**63)
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[\]{},]', re.DOTALL)
_ITEM_DEPTH = 2
"""Nesting depth of a page's items: in an array in an object."""


def parse_page(body: bytes) -> Page:
    """The page in a response body, of any list. It is the last one only where it names no next page in either way.

    Facts: some lists have `has_more` and `last_id`, some `has_more` and `next_page`, some `next_page` alone; the
    documentation shows `has_more: false` beside a `next_page` too.

    Raises `Retry` for anything else: truncated, not the documented shape, or more pages and no way to request them.
    """
    envelope = _parse(body)
    items = envelope.get("data") if isinstance(envelope, dict) else None
    if not isinstance(items, list):
        raise Retry(f"malformed page: no `data` list in {len(body)} bytes beginning {body[:60]!r}")
    has_more, last_id, next_page = (envelope.get(name) or None for name in ("has_more", "last_id", "next_page"))
    if has_more not in (None, True) or not isinstance(next_page, str | None):
        raise Retry(f"malformed page: `has_more` is {has_more!r:.40}, `next_page` is {next_page!r:.40}")
    if has_more and not next_page and not isinstance(last_id, str):
        raise Retry("malformed page: `has_more` without `last_id` or `next_page`")
    return Page(items, bool(has_more or next_page), last_id if isinstance(last_id, str) else None, next_page)


def parse_object(body: bytes) -> dict[str, Any]:
    """The object in a response body. Raises `Retry` for anything else."""
    value = _parse(body)
    if not isinstance(value, dict):
        raise Retry(f"malformed response: no object in {len(body)} bytes beginning {body[:60]!r}")
    return value


def _parse(body: bytes) -> Any:
    try:
        if _LONG_INTEGER not in body.translate(_DIGITS):
            return orjson.loads(body)
    except orjson.JSONDecodeError:
        pass
    try:
        return _exact(body)
    except RecursionError:
        return _item_by_item(body)
    except ValueError as error:
        raise _malformed(body, error) from None


def _exact(text: bytes) -> Any:
    """Parsed by the standard library, then again by orjson: lone surrogates are found only when text is encoded.

    Raises `ValueError` for invalid JSON, `RecursionError` for JSON nested too deep for either parser.
    """
    value = json.loads(text, parse_int=_integer, parse_float=_float, parse_constant=str)
    plain = json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")
    try:
        return orjson.loads(plain)
    except orjson.JSONDecodeError as error:
        raise RecursionError(str(error)) from None


def _item_by_item(body: bytes) -> Any:
    """A page with an item too deep to parse: that item stays text, which no source accepts; the others are parsed."""
    try:
        start, items, end = _split_array(body)
        envelope = _exact(body[:start] + body[end:])
        return {**envelope, "data": [_item(item) for item in items]}
    except (ValueError, TypeError, RecursionError) as error:
        raise _malformed(body, error) from None


def _split_array(body: bytes) -> tuple[int, list[bytes], int]:
    """Start of the object's array, the texts of its items unparsed, its end. Raises `ValueError` without an array."""
    depth, begin, item_start = 0, -1, -1
    items: list[bytes] = []
    for token in _TOKEN.finditer(body):
        sign = token[0]
        if sign in b"]}" and depth == _ITEM_DEPTH and begin >= 0:
            items.append(body[item_start : token.start()])
            return begin, [item for item in items if item.strip()], token.start()
        if sign in b"[{":
            depth += 1
            if depth == _ITEM_DEPTH and sign == b"[":
                begin = item_start = token.end()
        elif sign in b"]}":
            depth -= 1
        elif sign == b"," and depth == _ITEM_DEPTH and begin >= 0:
            items.append(body[item_start : token.start()])
            item_start = token.end()
    raise ValueError("no complete array")


def _item(text: bytes) -> Any:
    try:
        return _exact(text)
    except RecursionError:
        return text.decode("utf-8", "replace")


def _malformed(body: bytes, error: Exception) -> Retry:
    return Retry(f"malformed page: {error} in {len(body)} bytes beginning {body[:60]!r}")


def _integer(text: str) -> int | str:
    if len(text) > 20:
        return text
    value = int(text)
    return value if value in _INT64 else text


def _float(text: str) -> float | str:
    value = float(text)
    return value if abs(value) != float("inf") else text
