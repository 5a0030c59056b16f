"""What a validation error means to the person who wrote the settings: the key path as in the file, and the fix."""

import difflib
import re
from collections.abc import Iterable
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from forwarder.config.document import KeyPath
from forwarder.redaction import redact_values

TAG = "type"
"""The key whose value selects one of several models."""
_LONGEST = 400
_SECTION = "must be a section with keys, not a single value or a list"
_BY_TYPE = {
    "missing": "is required",
    "dict_type": _SECTION,
    "model_type": _SECTION,
    "model_attributes_type": _SECTION,
    "string_type": "must be text; put the value in quotes",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "tuple_type": "must be a list, such as [a, b]",
    "path_type": "must be the path of a file",
}
_PHRASES = ((r"^Value error, ", ""), (r"^Input should be ", "must be "), (r"^(String|Input) should ", "must "))


def one_of(names: Iterable[str]) -> str:
    """`a, b or c`."""
    *first, last = names
    return f"{', '.join(first)} or {last}" if first else last


def message_of(model: type[BaseModel], details: ErrorDetails) -> tuple[KeyPath, str]:
    """The key path in the file and what is wrong there, by pydantic's `details` of an error of `model`."""
    path, models = _walk(details["loc"], model)
    if details["type"] == "extra_forbidden":
        return path, f"unknown key{_suggestion(path[-1], models[-1])}"
    if details["type"].startswith("union_tag"):
        return (*path, TAG), f"must be {one_of(map(_tag_of, models))}"
    return path, _BY_TYPE.get(details["type"]) or _text(details["msg"])


def _text(message: str) -> str:
    """The message of a validator or of pydantic, without what may be a secret."""
    for phrase, replacement in _PHRASES:
        message = re.sub(phrase, replacement, message)
    return redact_values(message)[:_LONGEST]


def _walk(loc: Iterable[int | str], model: type[BaseModel]) -> tuple[KeyPath, list[type[BaseModel]]]:
    """The key path in the file, and the models that its last key may belong to.

    Pydantic's own path also contains the tag of the model that was selected among several.
    """
    path: list[str] = []
    annotation: Any = model
    owners: list[type[BaseModel]] = [model]
    for part in map(str, loc):
        models = _models(annotation)
        if len(models) > 1 and part in map(_tag_of, models):
            annotation = next(model for model in models if _tag_of(model) == part)
        elif part != "[key]":
            path.append(part)
            owners = models
            annotation = _type_of(annotation, part)
    return tuple(path), _models(annotation) if len(_models(annotation)) > 1 else owners


def _models(annotation: Any) -> list[type[BaseModel]]:
    """The models that this type allows."""
    if get_origin(annotation) in (Annotated, Union, UnionType):
        return [model for part in get_args(annotation) for model in _models(part)]
    return [annotation] if isinstance(annotation, type) and issubclass(annotation, BaseModel) else []


def _type_of(annotation: Any, key: str) -> Any:
    """The type of the value of `key`."""
    if get_origin(annotation) is dict:
        return get_args(annotation)[1]
    fields = {name: field for model in _models(annotation) for name, field in model.model_fields.items()}
    return fields[key].annotation if key in fields else None


def _tag_of(model: type[BaseModel]) -> str:
    return str(model.model_fields[TAG].default) if TAG in model.model_fields else ""


def _suggestion(key: str, model: type[BaseModel]) -> str:
    valid = list(model.model_fields)
    match = difflib.get_close_matches(key[:_LONGEST], valid, n=1, cutoff=0.5)
    return f"; did you mean {match[0]}?" if match else f"; valid keys: {', '.join(valid)}"
