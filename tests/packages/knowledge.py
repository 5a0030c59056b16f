"""Search-time processing of an event by props.conf, eventtypes.conf and tags.conf, in Splunk's order.

Aliases first, then every calculated field from the event as it is then: none sees another, and one that gives null
takes the event's own away. Then event types, then tags. Where stanzas disagree on a setting, a source wins over a
source type. Expressions and searches are run by the interpreter of SPL.
Sources: Knowledge Manager Manual, *The sequence of search-time operations*, *Calculated fields*; props.conf.spec.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from functools import cache
from typing import Any, NamedTuple

from tests.spl import Splunk
from tests.spl.commands.filters import BaseSearch
from tests.spl.context import Context
from tests.spl.parser import parse
from tests.spl.predicates import Test, compile_predicate
from tests.spl.values import Row, multivalue

Stanzas = Mapping[str, Mapping[str, str]]
_NOW = 2_000_000_000
_TAG = "tags_of_the_event"
"""The interpreter knows no tags; here they are a field like any other."""
_ALIAS = re.compile(r"(\S+) AS (\S+)")


class Known(NamedTuple):
    """An event as a search sees it."""

    fields: Row
    """Those of the event, those calculated, and its tags."""
    tags: frozenset[str]


class KnowledgeObjects:
    """The knowledge objects of one or more apps, merged."""

    def __init__(self, props: Stanzas, eventtypes: Stanzas, tags: Stanzas) -> None:
        self._props = props
        self._types = {name: condition(keys["search"]) for name, keys in eventtypes.items()}
        self._tags = {
            stanza.removeprefix("eventtype="): {tag for tag, state in keys.items() if state == "enabled"}
            for stanza, keys in tags.items()
        }

    def applied_to(self, envelopes: Iterable[Mapping[str, Any]]) -> list[Known]:
        """Each event with what the knowledge objects add, in the order given."""
        alike: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
        for number, envelope in enumerate(envelopes):
            alike.setdefault((envelope["sourcetype"], envelope["source"]), []).append({**envelope, "host": f"{number}"})
        rows = (row for kind, group in alike.items() for row in self._calculated(*kind, group))
        return [self._typed(row) for row in sorted(rows, key=lambda row: int(str(row["host"])))]

    def effective(self, sourcetype: str, source: str) -> dict[str, str]:
        """The settings that hold for such events."""
        found: dict[str, str] = dict(self._props.get(sourcetype, {}))
        for stanza, keys in self._props.items():
            if stanza.startswith("source::") and fnmatchcase(source, stanza.removeprefix("source::")):
                found |= keys
        return found

    def _calculated(self, sourcetype: str, source: str, events: list[Mapping[str, Any]]) -> Iterator[Row]:
        settings = self.effective(sourcetype, source)
        made = {key.removeprefix("EVAL-"): text for key, text in settings.items() if key.startswith("EVAL-")}
        aliases = [pair for key in settings if key.startswith("FIELDALIAS-") for pair in _ALIAS.findall(settings[key])]
        steps = [f"eval \"{alias}\"='{field}'" for field, alias in aliases]
        steps += [f'eval "made:{name}"={text}' for name, text in made.items()]
        search = " | ".join(["index=*", *steps])
        for row in Splunk(events, now=_NOW).search(search):
            own = {name: _held(value) for name, value in row.items() if not name.startswith("made:")}
            yield own | {name: _held(row.get(f"made:{name}")) for name in made}

    def _typed(self, row: Row) -> Known:
        types = [name for name, matches in self._types.items() if matches(row)]
        tags = frozenset[str]().union(*(self._tags.get(name, set()) for name in types))
        return Known({**row, _TAG: multivalue(sorted(tags))}, tags)


@cache
def condition(search: str) -> Test:
    """A search without commands, as a test of an event; it may ask for tags."""
    (first,) = parse(re.sub(r"\btag=", f"{_TAG}=", search)).commands
    assert isinstance(first, BaseSearch)
    return compile_predicate(first.predicate, Context((), {}, _NOW, None, None, (), frozenset()))


def _held(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
