"""A search with its macros expanded, its `now()` replaced by a timestamp, and `_indextime` by the time of collection.

Source: Splunk Knowledge Manager Manual, *Use search macros in searches*, *Define search macros in Settings*;
macros.conf.spec. Quoted text and comments in three backticks are left unchanged. The tests' interpreter expands
macros with code of its own: a test compares both on every shipped search.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

from forwarder.errors import Reject

_PIECE = re.compile(
    r'"(?:[^"\\]|\\.)*"|```.*?```|`(?P<call>[^`]+)`|\b(?P<now>now\(\s*\))|\b(?P<arrival>_indextime)\b', re.DOTALL
)
_CALL = re.compile(r"\s*(?P<name>[\w.-]+)\s*(?:\((?P<arguments>.*)\))?\s*", re.DOTALL)
_ARGUMENT = re.compile(r"\$(\w+)\$")
_DEEPEST = 20
_COLLECTED = "('metadata.logged_time' / 1000)"
"""A test case's events arrive when they are sent; their rules are to see them as having arrived when collected."""


class Macro(NamedTuple):
    """The definition of a macro; `$name$` stands for an argument."""

    definition: str
    parameters: tuple[str, ...] = ()
    evaluated: bool = False
    """Its definition is an eval expression that returns the text."""


class MacroExpansion(NamedTuple):
    """Expands searches with these macros, at this time."""

    macros: Mapping[str, Macro]
    """By stanza: `name`, or `name(2)` for two arguments."""
    now: float
    """Epoch seconds that replace `now()`."""

    def expand(self, search: str) -> str:
        """The search without macros, `now()` and `_indextime`. Raises `Reject` for a macro that cannot be expanded."""
        return self._expanded(search, 0)

    def _expanded(self, text: str, depth: int) -> str:
        if depth > _DEEPEST:
            raise Reject("macro", f"macros are nested deeper than {_DEEPEST}: one of them calls itself")

        def replaced(found: "re.Match[str]") -> str:
            if found["now"]:
                return f"{self.now:.15g}"
            if found["arrival"]:
                return _COLLECTED
            return found[0] if found["call"] is None else self._expanded(self._called(found["call"]), depth + 1)

        return _PIECE.sub(replaced, text)

    def _called(self, call: str) -> str:
        found = _CALL.fullmatch(call)
        if found is None:
            raise Reject("macro", f"`{call}` is not a macro call")
        arguments = _arguments(found["arguments"]) if found["arguments"] is not None else []
        name = f"{found['name']}({len(arguments)})" if arguments else found["name"]
        macro = self.macros.get(name)
        if macro is None:
            raise Reject("macro", f"macro {name} is not on the server, or the user may not read it")
        if macro.evaluated or len(macro.parameters) != len(arguments):
            raise Reject(
                "macro", f"macro {name} cannot be expanded here: iseval, or other arguments than its name declares"
            )
        values = dict(zip(macro.parameters, arguments, strict=True))
        return _ARGUMENT.sub(lambda argument: values.get(argument[1], argument[0]), macro.definition)


def _arguments(text: str) -> list[str]:
    """Split at commas outside quotes and parentheses, without the quotes around a whole argument."""
    parts, depth, start, quoted = [], 0, 0, False
    for at, character in enumerate(text):
        if character == '"' and text[at - 1 : at] != "\\":
            quoted = not quoted
        elif not quoted and character in "()":
            depth += 1 if character == "(" else -1
        elif not quoted and not depth and character == ",":
            parts.append(text[start:at])
            start = at + 1
    return [_bare(part.strip()) for part in [*parts, text[start:]]]


def _bare(argument: str) -> str:
    whole = re.fullmatch(r'"((?:[^"\\]|\\.)*)"', argument, re.DOTALL)
    return whole[1].replace('\\"', '"') if whole else argument
