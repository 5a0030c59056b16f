"""Functions of eval about text. Source: Search Reference, *Text*, *Comparison*, *Cryptographic functions*."""

import hashlib
import re
from collections.abc import Callable

from tests.spl.errors import SplError
from tests.spl.networks import in_network
from tests.spl.patterns import like, perl
from tests.spl.signature import Signature, whole
from tests.spl.values import Scalar, Value, multivalue, text


def _substr(value: Scalar, start: Scalar, length: Scalar | None = None) -> str:
    """Counts from 1; a negative start counts from the end."""
    body, first = text(value), whole(start)
    if first == 0:
        raise SplError("substr counts from 1")
    begin = first - 1 if first > 0 else max(len(body) + first, 0)
    return body[begin:] if length is None else body[begin : begin + max(whole(length), 0)]


def _replace(value: Scalar, pattern: Scalar, replacement: Scalar) -> str:
    try:
        return perl(text(pattern)).sub(text(replacement), text(value))
    except re.error as error:
        raise SplError(f'replacement "{replacement}": {error}') from error


def _split(value: Scalar, delimiter: Scalar) -> Value:
    if delimiter == "":
        raise SplError("an empty delimiter is not implemented")
    return multivalue(text(value).split(text(delimiter)))


def _digest(name: str) -> Callable[[Scalar], str]:
    return lambda value: hashlib.new(name, text(value).encode(), usedforsecurity=False).hexdigest()


def _stripped(side: Callable[[str, str], str]) -> Callable[..., str]:
    """Without a list of characters, blanks and tabs are taken off."""
    return lambda value, characters=" \t": side(text(value), text(characters))


TEXTS = {
    "cidrmatch": Signature(lambda network, address: in_network(text(network), text(address)), 2, 2),
    "len": Signature(lambda value: len(text(value)), 1, 1),
    "like": Signature(lambda value, pattern: bool(like(text(pattern)).fullmatch(text(value))), 2, 2),
    "lower": Signature(lambda value: text(value).lower(), 1, 1),
    "ltrim": Signature(_stripped(str.lstrip), 1, 2),
    "match": Signature(lambda value, pattern: bool(perl(text(pattern)).search(text(value))), 2, 2),
    "md5": Signature(_digest("md5"), 1, 1),
    "nullif": Signature(lambda one, other: None if text(one) == text(other) else one, 2, 2),
    "replace": Signature(_replace, 3, 3),
    "rtrim": Signature(_stripped(str.rstrip), 1, 2),
    "sha256": Signature(_digest("sha256"), 1, 1),
    "split": Signature(_split, 2, 2),
    "substr": Signature(_substr, 2, 3),
    "tostring": Signature(text, 1, 1),
    "trim": Signature(_stripped(str.strip), 1, 2),
    "upper": Signature(lambda value: text(value).upper(), 1, 1),
}
