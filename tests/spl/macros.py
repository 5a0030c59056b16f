"""Search macros: `` `name` `` and `` `name(a, "b, c")` ``, nested, from a mapping shaped like macros.conf.

Source: Knowledge Manager Manual, *Use search macros in searches*, *Define search macros*; macros.conf.spec.
Comments (three backticks) are taken out here too, for they share the character.
"""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from tests.spl.errors import SplError

_PIECE = re.compile(r'"(?:[^"\\]|\\.)*"|```.*?```|`(?P<call>[^`]+)`', re.S)
_CALL = re.compile(r"\s*(?P<name>[\w.-]+)\s*(?:\((?P<arguments>.*)\))?\s*", re.S)
_DEPTH = 20


class Macro(NamedTuple):
    """What a macro stands for; `$name$` marks each argument in the definition."""

    definition: str
    parameters: tuple[str, ...] = ()


def from_conf(stanzas: Mapping[str, Mapping[str, Any]]) -> dict[str, Macro]:
    """The macros of a parsed macros.conf, by stanza name: `name` or `name(number of arguments)`."""
    return {name: _macro(name, settings) for name, settings in stanzas.items()}


def _macro(name: str, settings: Mapping[str, Any]) -> Macro:
    unknown = {key for key, value in settings.items() if key != "iseval" or str(value) not in ("0", "false")}
    unknown -= {"definition", "args", "description"}
    if unknown:
        raise SplError(f"macro {name}: {', '.join(sorted(unknown))} not implemented")
    parameters = tuple(part.strip() for part in settings.get("args", "").split(",") if part.strip())
    declared = re.search(r"\((\d+)\)$", name)
    if len(parameters) != (int(declared[1]) if declared else 0):
        raise SplError(f"macro {name}: args does not name as many arguments as the stanza says")
    return Macro(settings["definition"], parameters)


def expand(search: str, macros: Mapping[str, Macro], depth: int = 0) -> str:
    """The search with comments removed and every macro outside quotes replaced."""
    if depth > _DEPTH:
        raise SplError(f"macros are nested deeper than {_DEPTH}: one of them calls itself")

    def replaced(match: re.Match[str]) -> str:
        call = match["call"]
        if call is not None:
            return expand(_apply(call, macros, match.start()), macros, depth + 1)
        return " " if match[0].startswith("```") else match[0]

    return _PIECE.sub(replaced, search)


def _apply(call: str, macros: Mapping[str, Macro], position: int) -> str:
    match = _CALL.fullmatch(call)
    if match is None:
        raise SplError(f"`{call}` is no macro call", position)
    arguments = [] if match["arguments"] is None else _split(match["arguments"])
    name = match["name"] if not arguments else f"{match['name']}({len(arguments)})"
    if name not in macros:
        raise SplError(f"macro {name} is not defined", position)
    return _fill(macros[name], arguments, position)


def _fill(macro: Macro, arguments: list[str], position: int) -> str:
    values = dict(zip(macro.parameters, arguments, strict=True))

    def value(match: re.Match[str]) -> str:
        if match[1] not in values:
            raise SplError(f"${match[1]}$ is no argument of the macro", position)
        return values[match[1]]

    return re.sub(r"\$(\w+)\$", value, macro.definition)


def _split(arguments: str) -> list[str]:
    """Splits at commas outside quotes and parentheses; quotes around a whole argument are taken off."""
    parts, depth, start, quoted = [], 0, 0, False
    for at, character in enumerate(arguments):
        if character == '"' and arguments[at - 1 : at] != "\\":
            quoted = not quoted
        elif not quoted and character in "()":
            depth += 1 if character == "(" else -1
        elif not quoted and not depth and character == ",":
            parts.append(arguments[start:at])
            start = at + 1
    parts.append(arguments[start:])
    return [_bare(part.strip()) for part in parts]


def _bare(argument: str) -> str:
    whole = re.fullmatch(r'"((?:[^"\\]|\\.)*)"', argument, re.S)
    return whole[1].replace('\\"', '"') if whole else argument
