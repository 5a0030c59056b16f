"""The names in a search: what it reads, makes, looks up and gives out, by the interpreter's own parser where it can."""

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

from forwarder.records import STREAMS
from forwarder.sinks.sentinel import columns
from forwarder.sinks.splunk.sink import INDEXED_FIELDS
from tests.spl.parser import parse
from tests.spl.tree import Compare, FieldRef

_OF_SPLUNK = {"_time", "_indextime", "_raw", "index", "source", "sourcetype", "host"}
_OF_ADDINFO = {"info_min_time", "info_max_time", "info_search_time", "info_sid"}
_MACRO = re.compile(r"`([a-z_]+)(?:\((.*?)\))?`")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_LOOKUP = re.compile(r"\|\s*lookup\s+(\w+)\s+([^|\]]+)")


def macros_of(search: str) -> list[str]:
    """The macros called, as their stanzas are named."""
    return [f"{name}({_count(given)})" if given else name for name, given in _MACRO.findall(search)]


def _count(given: str) -> int:
    return len(_QUOTED.sub("", given).split(","))


def arguments(definition: str) -> int:
    """How many arguments a macro's definition takes."""
    return len(set(re.findall(r"\$([a-z_]+)\$", definition)))


def lookups_of(search: str) -> list[tuple[str, set[str]]]:
    """Each lookup called, with the columns of its file that are named."""
    return [(name, set(_columns_named(clause))) for name, clause in _LOOKUP.findall(search)]


def _columns_named(clause: str) -> Iterator[str]:
    words = [word for word in clause.replace(",", " ").split() if word not in {"OUTPUT", "OUTPUTNEW"}]
    for before, word in zip(["", *words], words, strict=False):
        if word != "AS" and before != "AS":
            yield word


def output_columns(search: str) -> list[str]:
    """The columns of the last `table`."""
    return str(re.findall(r"\| table ([^|]+)", search)[-1]).split()


def unknown_fields(search: str) -> set[str]:
    """Fields that are read though neither the event nor an earlier command has them. Macros are expanded already."""
    kinds = {name: kind for stream in STREAMS for name, kind in columns(stream).items()}
    read = read_from_events(search)
    return {name for name in read if re.split(r"[.{]", name)[0] not in kinds or kinds.get(name) == "dynamic"}


def read_from_events(search: str) -> set[str]:
    """The fields of the event's own JSON that are read: neither indexed nor Splunk's nor made by an earlier command."""
    beside = {name for name, _ in INDEXED_FIELDS} | _OF_SPLUNK
    return {*_read(parse(search)), *_aggregated(search)} - beside - made_in(search)


def _aggregated(search: str) -> Iterator[str]:
    """Fields that statistics compute over or group by; the parser holds these as text."""
    for clause in re.findall(r"\|\s*(?:event|stream)?stats\s+([^|]+)", search):
        figures, _, by = clause.partition(" by ")
        yield from re.findall(r"\w+\((\w+)\)", figures)
        yield from by.split()


def made_in(search: str) -> set[str]:
    """Fields that the search itself makes: by eval, after AS, by rex and spath, by a lookup's OUTPUT."""
    patterns = (r"(?:\beval|,)\s*([a-z_]\w*)\s*=(?!=)", r"\bAS\s+([a-z_]\w*)", r"\(\?<(\w+)>", r"\boutput=(\w+)")
    made = {name for pattern in patterns for name in re.findall(pattern, search)}
    return made | (_OF_ADDINFO if re.search(r"\|\s*addinfo\b", search) else set())


def _read(node: Any) -> Iterator[str]:
    """Every field named in an expression or a comparison below this node of the parsed search."""
    if isinstance(node, FieldRef):
        yield node.name
    elif isinstance(node, Compare):
        yield node.field
    elif is_dataclass(node):
        for field in fields(node):
            yield from _read(getattr(node, field.name))
    elif isinstance(node, tuple | list):
        for item in node:
            yield from _read(item)
    elif isinstance(node, dict):
        for item in node.values():
            yield from _read(item)
