"""File and environment → `Settings`, or one message a fault: file, line, key path, mend.

`CLAUDE_SIEM__SINKS__SPLUNK__TOKEN` sets `sinks.splunk.token` and wins over the file.
"""

import difflib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from forwarder.config.settings import Settings
from forwarder.config.sinks import ArchiveSettings, SentinelSettings, SplunkSettings
from forwarder.errors import Misconfigured

PREFIX = "CLAUDE_SIEM__"
Path_ = tuple[str, ...]
_SINK_MODELS: dict[str, type[BaseModel]] = {
    "splunk": SplunkSettings,
    "sentinel": SentinelSettings,
    "archive": ArchiveSettings,
}


def load_settings(file: Path, environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings of `file` under `environment`. Raises `Misconfigured` with one line a fault."""
    node = _compose(file)
    lines: dict[Path_, int] = {}
    faults: list[str] = []
    try:
        tree = _tree(node, (), lines, faults, file) if node else {}
    except RecursionError:
        raise Misconfigured(f"{file}: an alias holds itself") from None
    if faults:
        raise Misconfigured("\n".join(faults))
    if not isinstance(tree, dict):
        raise Misconfigured(f"{file}:1: the file must hold keys such as `anthropic:` and `sinks:`")
    _overlay(tree, environment)
    try:
        return Settings.model_validate(tree)
    except ValidationError as error:
        messages = [_message(file, lines, tree, details) for details in error.errors(include_url=False)]
        raise Misconfigured("\n".join(messages)) from None


def _compose(file: Path) -> yaml.Node | None:
    try:
        return yaml.compose(file.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured(f"{file}: cannot be read ({error})") from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise Misconfigured(f"{file}:{line}: not YAML: {error.problem}") from None
    except yaml.YAMLError as error:
        raise Misconfigured(f"{file}: not YAML: {error}") from None


def _tree(node: yaml.Node, path: Path_, lines: dict[Path_, int], faults: list[str], file: Path) -> Any:
    """Plain values of `node`; the line of each path goes to `lines`, keys given twice to `faults`."""
    lines[path] = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        tree: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                faults.append(f"{file}:{line}: {'.'.join(path)}: a key must be plain text")
                continue
            key = key_node.value
            if key in tree:
                faults.append(f"{file}:{line}: {'.'.join((*path, key))}: the key stands here twice; keep one")
            tree[key] = _tree(value_node, (*path, key), lines, faults, file)
            lines[(*path, key)] = line
        return tree
    if isinstance(node, yaml.SequenceNode):
        return [_tree(item, (*path, str(i)), lines, faults, file) for i, item in enumerate(node.value)]
    try:
        return yaml.SafeLoader("").construct_object(node)
    except (ValueError, yaml.YAMLError):
        faults.append(f"{file}:{lines[path]}: {'.'.join(path)}: the value is not what its form promises; quote it")
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
                raise Misconfigured(f"{name}: {parent} holds a value in the file, not keys")
            section = child
        section[leaf] = _plain(name, value)


def _plain(name: str, value: str) -> Any:
    if value[:1] not in ("[", "{") and value not in ("true", "false"):
        return value
    try:
        return yaml.safe_load(value)
    except yaml.YAMLError:
        raise Misconfigured(f"{name}: is no YAML list or mapping") from None


def _message(file: Path, lines: dict[Path_, int], tree: Mapping[str, Any], details: ErrorDetails) -> str:
    path = _plain_path(details["loc"], tree)
    place = f"{file}:{_line(lines, path)}"
    name = ".".join(path)
    if details["type"] == "extra_forbidden":
        return f"{place}: {name}: unknown key{_nearest(path, tree)}"
    if details["type"] == "missing":
        return f"{place}: {name}: is required"
    if details["type"].startswith("union_tag"):
        return f"{place}: {name}.type: must be splunk, sentinel or archive"
    text = details["msg"].removeprefix("Value error, ")
    return f"{place}: {name}: {text}" if name else f"{place}: {text}"


def _plain_path(loc: Iterable[int | str], tree: Mapping[str, Any]) -> Path_:
    """The key path as the file has it: without the tag that pydantic puts in for a sink's type."""
    parts = [str(part) for part in loc]
    if len(parts) > 2 and parts[0] == "sinks" and parts[2] in _SINK_MODELS:
        del parts[2]
    return tuple(part for part in parts if part != "[key]")


def _line(lines: Mapping[Path_, int], path: Path_) -> int:
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, 1)


def _nearest(path: Path_, tree: Mapping[str, Any]) -> str:
    valid = _valid_keys(path[:-1], tree)
    match = difflib.get_close_matches(path[-1], valid, n=1, cutoff=0.5)
    return f"; did you mean {match[0]}?" if match else f"; valid here: {', '.join(valid)}"


def _valid_keys(path: Path_, tree: Mapping[str, Any]) -> list[str]:
    model: Any = Settings
    if path[:1] == ("sinks",):
        kind = tree["sinks"][path[1]].get("type", path[1])
        model, path = _SINK_MODELS[kind], path[2:]
    for part in path:
        model = model.model_fields[part].annotation
    return list(model.model_fields)
