"""The values of OTLP's JSON, in the dialects that SDKs speak: attributes, numbers, times, ids, enumerations.

Everything raises `Refusal` (400) for what it cannot be; the message names the field and what it is, never the value,
which may be content.
"""

from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Callable
from math import isfinite
from typing import Any

from forwarder.otlp.numbers import number
from forwarder.otlp.refusal import malformed

DEEPEST = 32
"""Levels of lists and objects within a value."""
_LARGEST = 2**64 - 1


def attributes(given: Any) -> dict[str, Any]:
    """Attributes as a JSON object. Of a key that comes twice, which the protocol forbids, both are kept."""
    return _attributes(given, 0)


def _attributes(given: Any, depth: int) -> dict[str, Any]:
    if given is None:
        return {}
    if given.__class__ is not list:
        raise malformed(f"attributes: a list is expected, not {kind_of(given)}")
    held: dict[str, Any] = {}
    for pair in given:
        if pair.__class__ is not dict or (key := pair.get("key", "")).__class__ is not str:
            raise malformed("attributes: objects with a text `key` and a `value` are expected")
        while key in held:
            key += "\ufffd"
        held[key] = value(pair.get("value"), depth)
    return held


def value(given: Any, depth: int = 0) -> Any:
    """An `AnyValue` as a JSON value: bytes are base64 text, what is no number is text, `{}` and null are nothing."""
    if given is None:
        return None
    if given.__class__ is not dict:
        raise malformed(f'value: an object such as {{"stringValue": …}} is expected, not {kind_of(given)}')
    for name, inner in given.items():
        if inner is not None and (read := _VALUES.get(name)):
            return read(inner, depth)
    return None


def _string(inner: Any, depth: int) -> str:
    if inner.__class__ is not str:
        raise malformed(f"stringValue: text is expected, not {kind_of(inner)}")
    return str(inner)


def _boolean(inner: Any, depth: int) -> bool:
    if inner.__class__ is not bool:
        raise malformed(f"boolValue: true or false is expected, not {kind_of(inner)}")
    return bool(inner)


def _array(inner: Any, depth: int) -> list[Any]:
    return [value(item, _deeper(depth)) for item in list_of(object_of(inner, "arrayValue"), "values")]


def _kvlist(inner: Any, depth: int) -> dict[str, Any]:
    return _attributes(list_of(object_of(inner, "kvlistValue"), "values"), _deeper(depth))


_VALUES: dict[str, Callable[[Any, int], Any]] = {
    "stringValue": _string,
    "boolValue": _boolean,
    "intValue": lambda inner, _: integer(inner, "intValue"),
    "doubleValue": lambda inner, _: double(inner),
    "arrayValue": _array,
    "kvlistValue": _kvlist,
    "bytesValue": _string,
}


def _deeper(depth: int) -> int:
    if depth == DEEPEST:
        raise malformed(f"value: nested deeper than {DEEPEST}")
    return depth + 1


def integer(given: Any, name: str) -> int:
    """A whole number as number, as text or as a fraction without one."""
    if given.__class__ is int:
        return int(given)
    if given.__class__ is float and isfinite(given) and given.is_integer():
        return int(given)
    if given.__class__ is str and len(given) <= 20 and given.isascii() and given.removeprefix("-").isdigit():
        return int(given)
    raise malformed(f"{name}: a whole number is expected, not {kind_of(given)}")


def double(given: Any) -> Any:
    """A number; one that is not finite as text, as OTLP's JSON writes it."""
    if given.__class__ in (int, float):
        return number(given)
    try:
        return number(float(given))
    except (TypeError, ValueError, OverflowError):
        raise malformed(f"a number is expected, not {kind_of(given)}") from None


def time_of(held: dict[str, Any], name: str) -> int:
    """Nanoseconds since 1970; 0 where there are none."""
    given = held.get(name)
    if given is None or given == "":
        return 0
    moment = integer(given, name)
    if not 0 <= moment <= _LARGEST:
        raise malformed(f"{name}: nanoseconds since 1970 are expected, from 0 to 2^64-1")
    return moment


def choice_of(held: dict[str, Any], name: str, words: dict[str, int]) -> int:
    """An enumeration by number or by protobuf's name."""
    given = held.get(name)
    if given is None:
        return 0
    if given.__class__ is str and not given.isdigit():
        return words.get(given, 0)
    return integer(given, name)


def id_of(held: dict[str, Any], name: str, size: int) -> str:
    """An id in hexadecimal; all zeros are none."""
    given = held.get(name)
    if not given:
        return ""
    if given.__class__ is str:
        try:
            found = bytes.fromhex(given) if len(given) == 2 * size else b64decode(given, validate=True)
        except (ValueError, Base64Error):
            found = b""
        if len(found) == size:
            return found.hex() if found.strip(b"\0") else ""
    raise malformed(f"{name}: {2 * size} hexadecimal digits are expected")


def text_of(held: dict[str, Any], name: str) -> str:
    """A text; empty where there is none."""
    given = held.get(name)
    if given is None:
        return ""
    if given.__class__ is not str:
        raise malformed(f"{name}: text is expected, not {kind_of(given)}")
    return str(given)


def list_of(held: dict[str, Any], name: str) -> list[Any]:
    """A list; empty where there is none."""
    given = held.get(name)
    if given is None:
        return []
    if given.__class__ is not list:
        raise malformed(f"{name}: a list is expected, not {kind_of(given)}")
    return list(given)


def object_of(given: Any, name: str) -> dict[str, Any]:
    """An object. `name` is what the message calls it."""
    if given.__class__ is not dict:
        raise malformed(f"{name}: an object is expected, not {kind_of(given)}")
    found: dict[str, Any] = given
    return found


_WORDS = {str: "text", bool: "true or false", int: "a number", float: "a number", list: "a list", dict: "an object"}


def kind_of(given: Any) -> str:
    """What a value is, in a word; the value itself may be content."""
    return _WORDS.get(given.__class__, "nothing")
