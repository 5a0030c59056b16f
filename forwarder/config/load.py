"""Loads a settings file and the environment into a model. Each error is one line: file, line, key path, fix.

`CLAUDE_SIEM__SINKS__SPLUNK__TOKEN` sets `sinks.splunk.token` and overrides the file.
"""

import difflib
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from forwarder.errors import Misconfigured

PREFIX = "CLAUDE_SIEM__"
KeyPath = tuple[str, ...]
"""`("sinks", "splunk", "token")`"""
TAG = "type"
"""The key whose value selects one of several models."""
Model = TypeVar("Model", bound=BaseModel)


def one_of(names: Iterable[str]) -> str:
    """`a, b or c`."""
    *first, last = names
    return f"{', '.join(first)} or {last}" if first else last


def load(model: type[Model], file: Path, environment: Mapping[str, str]) -> Model:
    """The settings of `file`, overridden by `environment`. Raises `Misconfigured` with one line per error."""
    node = _compose(file)
    lines: dict[KeyPath, int] = {}
    problems: list[str] = []
    try:
        tree = _tree(node, (), lines, problems, file) if node else {}
    except RecursionError:
        raise Misconfigured(f"{file}: an alias refers to itself; remove it") from None
    if problems:
        raise Misconfigured("\n".join(problems))
    if not isinstance(tree, dict):
        raise Misconfigured(f"{file}:1: the file must be a mapping with keys such as `anthropic:` and `sinks:`")
    _overlay(tree, environment)
    try:
        return model.model_validate(tree)
    except ValidationError as error:
        messages = [_message(file, lines, model, details) for details in error.errors(include_url=False)]
        raise Misconfigured("\n".join(messages)) from None


def _compose(file: Path) -> yaml.Node | None:
    try:
        return yaml.compose(file.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except (OSError, UnicodeDecodeError) as error:
        cause = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise Misconfigured(f"{file}: cannot be read ({cause}); check the path and its permissions") from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise Misconfigured(f"{file}:{line}: not YAML: {error.problem}") from None
    except yaml.YAMLError as error:
        raise Misconfigured(f"{file}: not YAML: {error}") from None


def _tree(node: yaml.Node, path: KeyPath, lines: dict[KeyPath, int], problems: list[str], file: Path) -> Any:
    """Plain values of `node`. Adds the line of each key path to `lines`, and duplicate keys to `problems`."""
    lines[path] = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        tree: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                problems.append(f"{file}:{line}: {'.'.join(path)}: a key must be a string")
                continue
            key = key_node.value
            if key in tree:
                problems.append(f"{file}:{line}: {'.'.join((*path, key))}: duplicate key; keep one")
            tree[key] = _tree(value_node, (*path, key), lines, problems, file)
            lines[(*path, key)] = line
        return tree
    if isinstance(node, yaml.SequenceNode):
        return [_tree(item, (*path, str(i)), lines, problems, file) for i, item in enumerate(node.value)]
    try:
        return yaml.SafeLoader("").construct_object(node)
    except (ValueError, yaml.YAMLError):
        problems.append(
            f"{file}:{lines[path]}: {'.'.join(path)}: the value does not match its YAML type; put it in quotes"
        )
        return None


def _overlay(tree: dict[str, Any], environment: Mapping[str, str]) -> None:
    for name, value in environment.items():
        if not name.startswith(PREFIX):
            continue
        *parents, leaf = name.removeprefix(PREFIX).lower().split("__")
        section = tree
        for parent in parents:
            child = section.setdefault(parent, {})
            if not isinstance(child, dict):
                raise Misconfigured(f"{name}: {parent} is a value in the file, not a section")
            section = child
        section[leaf] = _parsed(name, value)


def _parsed(name: str, value: str) -> Any:
    if value[:1] not in ("[", "{") and value not in ("true", "false"):
        return value
    try:
        return yaml.safe_load(value)
    except yaml.YAMLError:
        raise Misconfigured(f"{name}: not a valid YAML list or mapping") from None


def _message(file: Path, lines: dict[KeyPath, int], model: type[BaseModel], details: ErrorDetails) -> str:
    path, models = _walk(details["loc"], model)
    place = f"{file}:{_line(lines, path)}"
    name = ".".join(path)
    if details["type"] == "extra_forbidden":
        return f"{place}: {name}: unknown key{_suggestion(path[-1], models[-1])}"
    if details["type"] == "missing":
        return f"{place}: {name}: is required"
    if details["type"].startswith("union_tag"):
        tags = [_tag_of(model) for model in models]
        return f"{place}: {name}.{TAG}: must be {one_of(tags)}"
    text = details["msg"].removeprefix("Value error, ")
    return f"{place}: {name}: {text}" if name else f"{place}: {text}"


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


def _line(lines: Mapping[KeyPath, int], path: KeyPath) -> int:
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, 1)


def _suggestion(key: str, model: type[BaseModel]) -> str:
    valid = list(model.model_fields)
    match = difflib.get_close_matches(key, valid, n=1, cutoff=0.5)
    return f"; did you mean {match[0]}?" if match else f"; valid keys: {', '.join(valid)}"
