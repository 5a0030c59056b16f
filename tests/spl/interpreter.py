"""`Splunk`: events, lookups and macros that searches are run against, at a pinned time."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, timezone
from typing import Any

from tests.spl.context import Context, Watch, nobody
from tests.spl.events import from_envelope
from tests.spl.lookups import Lookup
from tests.spl.macros import Macro, expand
from tests.spl.parser import parse
from tests.spl.timemath import ZONE, to_epoch
from tests.spl.values import Row, Value, each, number, text


class Splunk:
    """A stand-in for one search head. It only knows what `README.md` lists; the rest raises `SplError`.

    Tables that a search writes with outputlookup are there for the next one.
    """

    def __init__(
        self,
        events: Iterable[Mapping[str, Any]] = (),
        *,
        now: float,
        lookups: Mapping[str, Lookup] | None = None,
        macros: Mapping[str, Macro] | None = None,
        default_indexes: tuple[str, ...] = ("main",),
        indexed_fields: Collection[str] = (),
        endpoints: Mapping[str, Sequence[Row]] | None = None,
        watch: Watch = nobody,
    ) -> None:
        """`events` are HEC envelopes (`ocsf_envelope` makes them of OCSF events); `now` is in epoch seconds.

        `indexed_fields` are those of fields.conf; the fields that envelopes bring are added to them. `endpoints` are
        the rows that splunkd's REST interface gives, by path; `watch` is called before every command.
        """
        held = list(events)
        self._rows = [from_envelope(event) for event in held]
        self._indexed = frozenset(indexed_fields).union(*(event.get("fields", {}) for event in held))
        self._lookups = dict(lookups or {})
        self._macros = dict(macros or {})
        self._now = now
        self._default_indexes = default_indexes
        self.endpoints = dict(endpoints or {})
        self._watch = watch

    def search(
        self,
        spl: str,
        earliest: str | float | None = None,
        latest: str | float | None = None,
        *,
        base: Iterable[Mapping[str, Any]] | None = None,
        now: float | None = None,
        zone: timezone = UTC,
    ) -> list[dict[str, Any]]:
        """The result rows of a search over a time range (`None`: all time); null fields are left out.

        It runs at `now`, by default that of the search head, and sees what was indexed until then. `zone` is the time
        zone of the user who searches.

        With `base`, the rows of an earlier search, `spl` starts with a pipe and goes on from them. Fields of events are
        text, computed figures are numbers, multivalues are lists. Raises `SplError`.
        """
        ZONE.set(zone)
        pipeline = parse(expand(spl, self._macros), chained=base is not None)
        at = self._now if now is None else now
        context = Context(
            events=[row for row in self._rows if (number(row["_indextime"]) or at) <= at],
            lookups=self._lookups,
            now=at,
            earliest=_epoch(earliest, at),
            latest=_epoch(latest, at),
            default_indexes=self._default_indexes,
            indexed_fields=self._indexed,
            endpoints=self.endpoints,
            watch=self._watch,
        )
        rows = [{name: _held(value) for name, value in row.items()} for row in base or ()]
        return [_shown(row) for row in pipeline.run(rows, context)]


def _epoch(given: str | float | None, now: float) -> float | None:
    return None if given is None else to_epoch(str(given), now)


def _held(value: Any) -> Value:
    return tuple(value) if isinstance(value, list) else value


def _shown(row: Row) -> dict[str, Any]:
    return {
        name: list(value) if isinstance(value, tuple) else value for name, value in row.items() if value is not None
    }


def as_text(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows as Splunk's REST interface gives them: every value is text or a list of text."""
    return [{name: _as_text(value) for name, value in row.items()} for row in rows]


def _as_text(value: Any) -> str | list[str]:
    held = _held(value)
    return [text(item) for item in each(held)] if isinstance(value, list) else text(value)
