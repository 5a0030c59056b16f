"""Functions of eval about multivalues. Source: Search Reference, *Multivalue eval functions*."""

from tests.spl.errors import SplError
from tests.spl.patterns import perl
from tests.spl.signature import Signature, whole
from tests.spl.values import Scalar, Value, each, multivalue, text


def _index(value: Value, start: Scalar, end: Scalar | None = None) -> Value:
    """Counts from 0, negative from the end; the end belongs to the range; beyond the values is null."""
    items = each(value)
    first = _place(start, len(items))
    last = first if end is None else _place(end, len(items))
    return None if first < 0 or last >= len(items) else multivalue(items[first : last + 1])


def _place(index: Scalar, count: int) -> int:
    found = whole(index)
    return found + count if found < 0 else found


def _append(*values: Value) -> Value:
    return multivalue(item for value in values for item in each(value))


def _distinct(value: Value) -> Value:
    return multivalue({text(item): item for item in each(value)}.values())


def _join(value: Value, delimiter: Value) -> str:
    return _one(delimiter).join(text(item) for item in each(value))


def _zip(left: Value, right: Value, delimiter: Value = ",") -> Value:
    between = _one(delimiter)
    return multivalue(text(one) + between + text(other) for one, other in zip(each(left), each(right), strict=False))


def _find(value: Value, pattern: Value) -> int | None:
    regex = perl(_one(pattern))
    return next((place for place, item in enumerate(each(value)) if regex.search(text(item))), None)


def _one(value: Value) -> str:
    if value is None or isinstance(value, tuple):
        raise SplError(f"expected one value, found {value!r}")
    return text(value)


MULTIVALUE = {
    "mvappend": Signature(_append, 1, None, nulls=True, multivalues=True),
    "mvcount": Signature(lambda value: len(each(value)), 1, 1, multivalues=True),
    "mvdedup": Signature(_distinct, 1, 1, multivalues=True),
    "mvfind": Signature(_find, 2, 2, multivalues=True),
    "mvindex": Signature(_index, 2, 3, multivalues=True),
    "mvjoin": Signature(_join, 2, 2, multivalues=True),
    "mvsort": Signature(lambda value: multivalue(sorted(each(value), key=text)), 1, 1, multivalues=True),
    "mvzip": Signature(_zip, 2, 3, multivalues=True),
}
