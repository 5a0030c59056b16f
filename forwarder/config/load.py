"""Loads a settings file and the environment into a model. Each error is one line: file, line, key path, fix.

Invariants:
- What stands under the key of a secret is known as one before anything is validated, so no message repeats it.
- A value that was meant to be replaced (`...`, `${TOKEN}`) is an error, unless its section is disabled.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from pydantic import BaseModel, ValidationError

from forwarder.config.document import Document, KeyPath, read_document
from forwarder.config.environment import PREFIX, foreign_secrets, overlay
from forwarder.config.messages import message_of
from forwarder.errors import InvalidSettings, Misconfigured
from forwarder.printable import printable
from forwarder.redaction import add_secret, looks_like_secret, redact, redact_name

Model = TypeVar("Model", bound=BaseModel)
_SECRET_KEY = re.compile(r"(?:.*_)?(?:key|token|secret|password|passphrase|credential)s?", re.IGNORECASE)
_FILE = "_file"
_VARIABLE = re.compile(r"\$\{[^{}]*\}|\{\{[^{}]*\}\}")
_PLACEHOLDER = re.compile(
    r"\.{2,}|…|<[^<>]*>|(?:change|replace|fill)[-_ ]?(?:me|this|in)|todo|tbd|fixme|x{3,}|your[-_ ].*", re.IGNORECASE
)
MOST_OF_A_NAME = 200
MOST_PROBLEMS = 50


class _Origins(NamedTuple):
    """Where each key path was set: lines of a file, or variables of the environment."""

    file: Path
    lines: Mapping[KeyPath, int]
    variables: Mapping[KeyPath, str]

    def place(self, path: KeyPath) -> str:
        """The innermost place that is known for a key path, or the first variable that sets something in it."""
        if path not in self.lines:
            inside = (name for set_path, name in self.variables.items() if path and set_path[: len(path)] == path)
            if name := next(inside, None):
                return f"environment variable {name}"
        for length in range(len(path), -1, -1):
            if path[:length] in self.variables:
                return f"environment variable {self.variables[path[:length]]}"
            if path[:length] in self.lines:
                return f"{self.file}:{self.lines[path[:length]]}"
        return f"{self.file}:1"


def load(model: type[Model], file: Path, environment: Mapping[str, str]) -> Model:
    """The settings of `file`, overridden by `environment`. Raises `Misconfigured` with one line per error."""
    for secret in foreign_secrets(environment):
        add_secret(secret)
    document = read_document(file)
    if not isinstance(document.tree, dict):
        raise Misconfigured(f"{file}:1: the file must be a mapping with keys such as `anthropic:` and `sinks:`")
    origins = _Origins(file, document.lines, overlay(document.tree, environment, model.model_fields))
    if problems := [*_known(document)]:
        raise _misconfigured(origins, problems)
    try:
        return model.model_validate(document.tree)
    except ValidationError as error:
        errors = error.errors(include_url=False)
        problems = [message_of(model, details) for details in errors[:MOST_PROBLEMS]]
        raise _misconfigured(origins, problems, len(errors)) from None


def _known(document: Document) -> Iterator[tuple[KeyPath, str]]:
    """Make the secrets known, and yield what is wrong with a value whatever its setting means."""
    leaves = list(_leaves(document.tree, ()))
    for path, value, _ in leaves:
        if _SECRET_KEY.fullmatch(path[-1]) and not isinstance(value, bool) and not _left_over(str(value)):
            add_secret(str(value))
    for path, value, enabled in leaves:
        if isinstance(value, str) and (problem := _problem(path, value, enabled)):
            yield path, problem


def _leaves(tree: Any, path: KeyPath, enabled: bool = True) -> Iterator[tuple[KeyPath, Any, bool]]:
    """Every single value, and whether its section is enabled."""
    if isinstance(tree, dict):
        enabled = enabled and str(tree.get("enabled", True)).lower() != "false"
        for key, value in tree.items():
            yield from _leaves(value, (*path, key), enabled)
    elif isinstance(tree, list):
        for number, value in enumerate(tree):
            yield from _leaves(value, (*path, str(number)), enabled)
    elif tree is not None and path:
        yield path, tree, enabled


def _problem(path: KeyPath, value: str, enabled: bool) -> str | None:
    if path[-1].endswith(_FILE) and looks_like_secret(value):
        setting = path[-1].removesuffix(_FILE)
        add_secret(value)
        return f"holds a secret itself; write it to a file and its path here, or set {setting}"
    if path[-1].endswith(_FILE) and not _is_path(value):
        add_secret(value)
    left_over = _left_over(value) if enabled else None
    if left_over and _VARIABLE.fullmatch(left_over):
        name = f"{PREFIX}{'__'.join(path).upper()}"
        return f"{redact(left_over)} is not replaced, as variables in the file are not expanded; set {name} instead"
    return left_over and f"{redact(left_over)} is a placeholder; set a value, or remove the key"


def _left_over(value: str) -> str | None:
    """The part of a value that was meant to be replaced."""
    found = _VARIABLE.search(value) or _PLACEHOLDER.fullmatch(value)
    return found and found[0][:MOST_OF_A_NAME]


def _is_path(value: str) -> bool:
    """Whether a value is a path, as opposed to a secret that was put under `…_file` by mistake."""
    try:
        return value.startswith(("/", "./", "../")) or Path(value).suffix[1:].isalpha() or Path(value).exists()
    except (OSError, ValueError):
        return False


def _misconfigured(origins: _Origins, problems: list[tuple[KeyPath, str]], number: int = 0) -> InvalidSettings:
    """One line for each key path with a problem, whatever stands in its name. `number`: of all problems."""
    lines: dict[str, str] = {}
    for path, text in problems[:MOST_PROBLEMS]:
        name = ".".join(map(redact_name, path))[:MOST_OF_A_NAME]
        lines.setdefault(name, printable(f"{origins.place(path)}: {f'{name}: ' if name else ''}{text}"))
    more = max(number, len(problems)) - MOST_PROBLEMS
    return InvalidSettings("\n".join([*lines.values(), *([f"{origins.file}: {more} more errors"] if more > 0 else [])]))
