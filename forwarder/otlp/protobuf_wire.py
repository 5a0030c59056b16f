"""Protobuf's wire format: the fields of a message, found without decoding what they hold.

A request is taken apart here and its records are decoded one by one, so that a record that is damaged, or as large as a
request may be, costs no more than itself.

Source: protobuf.dev, Encoding.
"""

from collections.abc import Iterator
from typing import NamedTuple

from google.protobuf.descriptor import Descriptor, FieldDescriptor

from forwarder.http_server import HttpError

_VARINT, _FIXED64, LENGTH, _FIXED32 = 0, 1, 2, 5
_FIXED = {_FIXED64: 8, _FIXED32: 4}
_LONGEST_VARINT = 10
_DEEPEST = 100
"""Messages within messages: protobuf's own limit."""


class BrokenMessage(Exception):
    """The bytes are no message."""


class Budget:
    """How many attributes, items of lists and fields a request may still hold. Raises `HttpError` (413) beyond.

    The work for a request grows with what it holds, not with its bytes alone: an empty attribute is two bytes.
    """

    def __init__(self, values: int) -> None:
        self._values = self._left = values

    def spend(self, values: int) -> None:
        """For as many."""
        self.check(values)
        self._left -= values

    def check(self, values: int) -> None:
        """For as many, if they are not spent yet."""
        if values > self._left:
            raise HttpError(413, f"the request holds more than {self._values} attributes and items of lists")


class WireField(NamedTuple):
    """A field: where it begins, and where its value begins and ends."""

    number: int
    kind: int
    """`LENGTH` for texts, bytes and messages."""
    tag_at: int
    start: int
    end: int


def wire_fields(data: bytes, start: int, end: int) -> Iterator[WireField]:
    """The fields of the message in `data[start:end]`. Raises `BrokenMessage`."""
    at = start
    while at < end:
        tag_at = at
        tag, at = _varint(data, at, end)
        kind = tag & 7
        if kind == LENGTH:
            length, at = _varint(data, at, end)
            stop = at + length
        elif kind == _VARINT:
            _, stop = _varint(data, at, end)
        else:
            stop = at + _FIXED.get(kind, end)
        if stop > end or not tag >> 3:
            raise BrokenMessage("a field is longer than its message, or of no known type")
        yield WireField(tag >> 3, kind, tag_at, at, stop)
        at = stop


def count_fields(descriptor: Descriptor, data: bytes, start: int, end: int, budget: Budget, depth: int = 0) -> int:
    """How many fields and packed numbers are in a message, at any depth.

    Decoded, an empty message of two bytes takes a hundred: this counts them before they are. Raises `BrokenMessage`,
    and `HttpError` (413) where the budget has no room for them.
    """
    count = 0
    for field in wire_fields(data, start, end):
        known = descriptor.fields_by_number.get(field.number)
        count += 1
        if known is None or field.kind != LENGTH:
            pass
        elif known.message_type and depth < _DEEPEST:
            count += count_fields(known.message_type, data, field.start, field.end, budget, depth + 1)
        elif known.type not in (FieldDescriptor.TYPE_STRING, FieldDescriptor.TYPE_BYTES):
            count += (field.end - field.start) // 8
        budget.check(count)
    return count


def with_valid_text(descriptor: Descriptor, data: bytes, budget: Budget, depth: int = 0) -> bytes:
    """The message with each byte that is no UTF-8 replaced, and without what is nested too deep.

    Raises `BrokenMessage`, and `HttpError` (413).
    """
    pieces: list[bytes] = []
    for field in wire_fields(data, 0, len(data)):
        budget.spend(1)
        known = descriptor.fields_by_number.get(field.number)
        value = data[field.start : field.end]
        if known and field.kind == LENGTH and known.type == FieldDescriptor.TYPE_STRING:
            value = value.decode("utf-8", "replace").encode()
        elif known and field.kind == LENGTH and known.message_type:
            inner = known.message_type
            value = with_valid_text(inner, value, budget, depth + 1) if depth < _DEEPEST - 1 else b""
        else:
            pieces.append(data[field.tag_at : field.end])
            continue
        pieces += (varint(field.number << 3 | LENGTH), varint(len(value)), value)
    return b"".join(pieces)


def _varint(data: bytes, at: int, end: int) -> tuple[int, int]:
    """The number at `at`, and where it ends."""
    value = shift = 0
    for position in range(at, min(at + _LONGEST_VARINT, end)):
        byte = data[position]
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position + 1
        shift += 7
    raise BrokenMessage("a number has no end")


def varint(number: int) -> bytes:
    """A number as protobuf writes it."""
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)
