"""Runs a rule in both languages over the same events, stored as each SIEM would store them."""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timezone
from functools import cache
from pathlib import Path
from typing import Any

import orjson

from forwarder.detect.engine import ARRIVAL, Engine
from forwarder.detect.rules import library
from forwarder.records import STREAMS, Stream
from forwarder.sinks.base import chunk_events
from forwarder.sinks.sentinel import row
from forwarder.sinks.splunk.sink import INDEXED_FIELDS, envelopes
from forwarder.store import Packed, pack
from tests.content.records import Collected
from tests.spl import Lookup, Splunk, from_conf
from tools.content.folder import Content, read
from tools.content.splunk_app import macros

ROOT = Path(__file__).parent.parent.parent / "detections"
INDEXES: dict[Stream, str] = {s: "claude" if s == "activity" else f"claude_{s}" for s in STREAMS}
Rows = list[dict[str, Any]]


@cache
def content() -> Content:
    """Everything under `detections/`."""
    return read(ROOT)


class Kql:
    """The tables as the Sentinel sink fills them, for several queries."""

    def __init__(
        self, events: Iterable[Collected], lookups: Mapping[str, str], bases: Mapping[str, str] | None = None
    ) -> None:
        """`bases` replace those of the same names."""
        shipped = library(lookups)
        changed = {name: shipped.bases[name]._replace(body=body) for name, body in (bases or {}).items()}
        self._engine = Engine(shipped._replace(bases={**shipped.bases, **changed}))
        held = list(events)
        for stream in STREAMS:
            self._engine.load(stream, [_row(collected) for collected in held if collected.event.stream == stream])

    def rows(self, query: str, now: datetime) -> Rows:
        """The query's rows."""
        return canonical(self._engine.query(query, now))

    def settle(self, now: datetime, only: str = "") -> None:
        """See `Engine.materialize`: for many queries at the same `now`."""
        self._engine.materialize(now, only)


class Spl:
    """The events as the HEC sink sends them, for several searches."""

    def __init__(
        self,
        events: Iterable[Collected],
        lookups: Mapping[str, str],
        now: datetime,
        bases: Mapping[str, str] | None = None,
    ) -> None:
        """`bases` replace those of the same names."""
        own = content()._replace(macros={**content().macros, **(bases or {})})
        texts = {lookup.name: lookups.get(lookup.name, lookup.text) for lookup in content().lookups}
        self._splunk = Splunk(
            [envelope for collected in events for envelope in _enveloped(collected)],
            now=now.timestamp(),
            lookups={name: Lookup.from_csv(text, case_sensitive_match=False) for name, text in texts.items()},
            macros=from_conf(macros(own)),
            default_indexes=("claude",),
            indexed_fields=[field for field, _ in INDEXED_FIELDS],
        )

    def rows(self, search: str, lookback: str, now: datetime | None = None, zone: timezone = UTC) -> Rows:
        """The search's rows, as scheduled with `lookback` by a user of that time zone."""
        at = None if now is None else now.timestamp()
        return canonical(self._splunk.search(search, f"-{lookback}", "now", now=at, zone=zone))


def canonical(rows: Iterable[Mapping[str, Any]]) -> Rows:
    """Rows in a canonical form and order: times and numbers as numbers, without empty values."""
    plain = [{name: _plain(value) for name, value in row.items() if value not in (None, "")} for row in rows]
    return sorted(plain, key=lambda row: json.dumps(row, sort_keys=True))


def _row(collected: Collected) -> dict[str, Any]:
    event = collected.event
    columns = orjson.loads(row(event.key_fields, event.body))
    return {**columns, ARRIVAL: collected.arrived.isoformat()} if collected.arrived else columns


def _enveloped(collected: Collected) -> list[dict[str, Any]]:
    """The envelope of one event, with the time of its indexing."""
    made: list[dict[str, Any]] = []
    for chunk in pack(collected.source, [Packed(collected.event, 0, 0)]):
        for envelope in envelopes(chunk_events(chunk), chunk.source, "forwarder", INDEXES[chunk.stream]):
            made.append(json.loads(envelope))
            if collected.arrived:
                made[-1]["_indextime"] = collected.arrived.timestamp()
    return made


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.replace(tzinfo=value.tzinfo or UTC).timestamp()
    if isinstance(value, (int, float)) or (isinstance(value, str) and value.replace(".", "", 1).isdigit()):
        return float(value)
    return value
