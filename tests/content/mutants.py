"""Mutants of a rule, made from its own text: one condition removed, or one parameter shifted.

    where a and (b or c)   →   without a; without (b or c); without b; without c
    `claude_activity("x=1 NOT y=2")`   →   without x=1; without NOT y=2
    a parameter   →   less, more
    a line `| join kind=leftanti …`   →   without it

A text scanner, no parser: it knows quotes, brackets and comments, and where a clause ends in each language.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from tools.content.folder import Detection
from tools.content.rules import Parameter

_OPEN, _CLOSE = "([{", ")]}"
_BASE = re.compile(r'`claude_\w+\("(?P<terms>[^`]*)"\)`')
"""The base macro that a search begins with: its argument is quoted search terms."""
_FIGURE = re.compile(r"(?P<figure>-?\d+(?:\.\d+)?)(?P<unit>[smhd]?)")
_FEW = 20
"""Whole figures up to here are shifted by one, all others by `_FAR`."""
_FAR = 4


class Mutant(NamedTuple):
    """A changed text of one language."""

    language: str
    meaning: str
    """`kql: without …`; the same condition twice in a rule has the same."""
    text: str
    lookback: str | None = None
    """How far back the search reads, where that is what was changed."""


def mutants(detection: Detection) -> list[Mutant]:
    """All of a rule, each once."""
    made = [*_of_kql(detection), *_of_spl(detection)]
    return list({(mutant.language, mutant.text, mutant.lookback): mutant for mutant in made}.values())


def of_base(language: str, text: str) -> list[Mutant]:
    """All of a base function or macro: its conditions."""
    conditions = {"kql": _conditions_of_kql, "spl": _conditions_of_spl}[language]
    return list({mutant.text: mutant for mutant in conditions(text)}.values())


def _of_kql(detection: Detection) -> Iterator[Mutant]:
    query = detection.kql
    for name in detection.rule.parameters:
        line = re.search(rf"^let {name} = (.+);$", query, re.MULTILINE)
        assert line, f"{detection.folder}: no `let {name}`"
        for word, value in _shifted(name, line[1]):
            yield Mutant("kql", f"kql: {word} {name}", query[: line.start(1)] + value + query[line.end(1) :])
    yield from _conditions_of_kql(query)


def _conditions_of_kql(query: str) -> Iterator[Mutant]:
    for start, stop in _clauses(query, re.compile(r"\bwhere\b"), ("|", ";", ",")):
        yield from _without("kql", query, start, stop, ("and", "or"), ("true", "false"))
    for found in re.finditer(r"^\s*\| join kind=leftanti [^;\n]*", query, re.MULTILINE):
        yield Mutant("kql", f"kql: without `{found[0].strip()}`", query[: found.start()] + query[found.end() :])


def _of_spl(detection: Detection) -> Iterator[Mutant]:
    search = detection.spl
    assert _BASE.search(search), f"{detection.folder}: begins with no base macro, whose terms would be mutated"
    for name, parameter in detection.rule.parameters.items():
        macro = f"`{detection.parameter_macro(name)}`"
        for word, value in _shifted(name, _default(parameter)):
            if macro in search:
                yield Mutant("spl", f"spl: {word} {name}", search.replace(macro, value))
            elif name == "lookback":
                yield Mutant("spl", f"spl: {word} {name}", search, value)
    yield from _conditions_of_spl(search)


def _conditions_of_spl(search: str) -> Iterator[Mutant]:
    for start, stop in _clauses(search, re.compile(r"\| where\b"), ("|",)):
        yield from _without("spl", search, start, stop, ("AND", "OR"), ("1=1", "1=0"))
    for found in re.finditer(r"^\s*\| `claude_exclude\([^`]*`", search, re.MULTILINE):
        yield Mutant("spl", f"spl: without `{found[0].strip()}`", search[: found.start()] + search[found.end() :])
    if base := _BASE.search(search):
        yield from _without_term(search, *base.span("terms"))


def _default(parameter: Parameter) -> str:
    return str(parameter.default)


def _shifted(name: str, value: str) -> Iterator[tuple[str, str]]:
    """Less and more of a figure or time span; nothing for text. More `lookback` than the schedule reads is no more."""
    found = _FIGURE.fullmatch(value.strip())
    if not found:
        return
    figure, unit = found["figure"], found["unit"]
    if "." in figure or float(figure) > _FEW or unit:
        less, more = (f"{float(figure) / _FAR:g}", f"{float(figure) * _FAR:g}")
        if unit:  # KQL's time spans are whole; in seconds they always are
            less, more = (f"{_seconds(figure, unit) // _FAR}s", f"{_seconds(figure, unit) * _FAR}s")
    else:
        less, more = str(int(figure) - 1), str(int(figure) + 1)
    yield "less", less
    if name != "lookback":
        yield "more", more


def _seconds(figure: str, unit: str) -> int:
    return int(float(figure) * {"s": 1, "m": 60, "h": 3600, "d": 86400}[unit])


def _without(
    language: str, text: str, start: int, stop: int, words: tuple[str, str], neutral: tuple[str, str]
) -> Iterator[Mutant]:
    """Each operand of the condition taken out, also within brackets. `words`: what joins both, what joins either."""
    for low, high, word in _operands(text, start, stop, words):
        condition = " ".join(text[low:high].split())
        yield Mutant(
            language, f"{language}: without `{condition}`", f"{text[:low]} {neutral[word == words[1]]} {text[high:]}"
        )


def _operands(text: str, start: int, stop: int, words: tuple[str, str]) -> Iterator[tuple[int, int, str]]:
    """Where each operand stands and what joins it to the others; outermost first."""
    both, either = words
    word = either if len(_split(text, start, stop, either)) > 1 else both
    for low, high in _split(text, start, stop, word):
        yield low, high, word
        if text[low] == "(" and _closing(text, low) == high - 1:
            low, high = low + 1, high - 1
        if len(_split(text, low, high, both)) > 1 or len(_split(text, low, high, either)) > 1:
            yield from _operands(text, low, high, words)


def _split(text: str, start: int, stop: int, word: str) -> list[tuple[int, int]]:
    """The ranges between `word`, outside quotes and brackets, without surrounding spaces."""
    parts: list[tuple[int, int]] = []
    begin = at = start
    while at < stop:
        if (found := re.compile(rf"\s+{word}\s+").match(text, at)) and found.end() < stop:
            parts.append((begin, at))
            begin = at = found.end()
        else:
            at = _next(text, at)
    return [(low, high) for low, high in (_stripped(text, *part) for part in [*parts, (begin, stop)]) if low < high]


def _stripped(text: str, low: int, high: int) -> tuple[int, int]:
    held = text[low:high]
    return low + len(held) - len(held.lstrip()), high - len(held) + len(held.rstrip())


def _without_term(search: str, start: int, stop: int) -> Iterator[Mutant]:
    """Each search term taken out, also within brackets; an alternative goes with its OR."""
    terms = _terms(search, start, stop)
    alternatives = [span for span in terms if search[slice(*span)] != "OR"]
    for n, (low, high) in enumerate(alternatives):
        if len(terms) == len(alternatives) or len(alternatives) == 1:
            cut = (low, high)
        else:
            cut = (low, alternatives[n + 1][0]) if n == 0 else (alternatives[n - 1][1], high)
        yield Mutant("spl", f"spl: without `{search[low:high]}`", search[: cut[0]] + search[cut[1] :])
        if search[low] == "(":
            yield from _without_term(search, low + 1, high - 1)


def _terms(search: str, start: int, stop: int) -> list[tuple[int, int]]:
    """Terms outside quotes and brackets; `NOT` belongs to what follows it."""
    terms: list[tuple[int, int]] = []
    at = start
    while at < stop:
        begin = at
        while at < stop and (not search[at].isspace() or search[begin:at] == "NOT"):
            at = _next(search, at)
        if begin < at:
            terms.append((begin, at))
        at += begin == at
    return terms


def _next(text: str, at: int) -> int:
    """The place behind what begins here: a quoted text, something in brackets, a character."""
    if text[at] in "\"'":
        end = text.find(text[at], at + 1)
        return len(text) if end < 0 else end + 1
    if text[at] in _OPEN:
        return _closing(text, at) + 1
    return at + 1


def _closing(text: str, at: int) -> int:
    """Where the bracket that opens here is closed."""
    at += 1
    while at < len(text) and text[at] not in _CLOSE:
        at = _next(text, at)
    return at


def _clauses(text: str, begins: "re.Pattern[str]", ends: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    """Where each clause's condition stands."""
    for found in begins.finditer(text):
        at = found.end()
        if _in_comment(text, at):
            continue
        while at < len(text) and text[at] not in ends and text[at] not in _CLOSE and not text.startswith("//", at):
            at = _next(text, at)
        yield found.end() + 1, len(text[:at].rstrip())


def _in_comment(text: str, at: int) -> bool:
    line = text[text.rfind("\n", 0, at) + 1 : at]
    return "//" in line
