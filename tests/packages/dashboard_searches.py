"""Runs the data sources of a dashboard's definition over a world, as Dashboard Studio would ask Splunk for them.

Tokens are filled in as Dashboard Studio does (`$name$`; `$name|s$` in quotation marks), a chain goes on from the rows
of the search that it extends.
"""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from forwarder.sinks.splunk.sink import INDEXED_FIELDS
from tests.packages.conf_files import DEFAULT, read_conf
from tests.packages.dashboard_fields import FieldWatch
from tests.packages.dashboard_world import World, world
from tests.spl import Lookup, Splunk, from_conf
from tests.spl.context import Watch, nobody
from tests.spl.events import from_envelope
from tests.spl.values import Row

TOKEN = re.compile(r"\$([A-Za-z_][\w.]*)(\|s)?\$")
SAVED_SEARCHES = "/servicesNS/-/claude_siem/saved/searches"
ASK = "platform-team@example.com"
SWITCHED_ON = ("Admin API key", "API key used after", "Token use far above")
Rows = list[dict[str, Any]]


@cache
def splunk() -> Splunk:
    """The world with the app installed."""
    return search_head(world(), watch())


@cache
def watch() -> FieldWatch:
    """Keeps what the searches over the world read in vain."""
    return FieldWatch({name for envelope in world().envelopes for name in from_envelope(envelope)})


def search_head(held: World, watch: Watch = nobody) -> Splunk:
    """A Splunk that holds these events and the app's macros and lookups."""
    return Splunk(
        held.envelopes,
        now=held.now,
        macros=from_conf(read_conf("macros")),
        lookups=_lookups(held),
        default_indexes=("claude",),
        indexed_fields=[field for field, _ in INDEXED_FIELDS],
        watch=watch,
        endpoints={SAVED_SEARCHES: [saved_search(name, keys) for name, keys in read_conf("savedsearches").items()]},
    )


def saved_search(name: str, keys: Mapping[str, str]) -> Row:
    """What the endpoint says of a search; somebody has switched on those for keys."""
    return {"title": name, "disabled": "0" if any(word in name for word in SWITCHED_ON) else keys["disabled"]}


def _lookups(held: World) -> dict[str, Lookup]:
    folder = DEFAULT.parent / "lookups"
    texts = {name: (folder / keys["filename"]).read_text() for name, keys in read_conf("transforms").items()}
    texts["claude_keys"] += "".join(f"{key},rotated monthly,{ASK},30\n" for key in registered(held))
    return {name: Lookup.from_csv(text, case_sensitive_match=False) for name, text in texts.items()}


def registered(held: World) -> list[str]:
    """The keys that somebody has put into the register, with a limit of their own."""
    listed = [key for e in held.of("api_keys") for key in e["event"].get("resources", ())]
    return sorted({key["uid"] for key in listed if key["name"] == "service-18"})


def filled(query: str, tokens: Mapping[str, str]) -> str:
    """The query with its tokens filled in. Raises `KeyError` for one that nobody sets."""

    def value(found: re.Match[str]) -> str:
        text = tokens[found[1]]
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"' if found[2] else text

    return TOKEN.sub(value, query)


def defaults(definition: Mapping[str, Any]) -> dict[str, str]:
    """The tokens as they stand when the dashboard opens."""
    tokens: dict[str, str] = {}
    for entry in definition["inputs"].values():
        name, value = entry["options"]["token"], entry["options"]["defaultValue"]
        if entry["type"] == "input.timerange":
            tokens[f"{name}.earliest"], tokens[f"{name}.latest"] = value.split(",")
        else:
            tokens[name] = value
    return tokens


class Answers:
    """The rows of every data source with these tokens; a search that several extend runs once.

    `head`: a search head that holds something else than the whole world.
    """

    def __init__(
        self, definition: Mapping[str, Any], tokens: Mapping[str, str] | None = None, head: Splunk | None = None
    ) -> None:
        self._head = head or splunk()
        self._sources = definition["dataSources"]
        self._tokens = defaults(definition) | dict(tokens or {})
        self._known: dict[str, Rows] = {}
        self.missed: set[str] = set()
        """What the searches run so far read in vain."""

    def rows(self, name: str) -> Rows:
        """Raises `SplError` for what is no search."""
        if name not in self._known:
            self._known[name] = self._run(self._sources[name])
        return self._known[name]

    def all(self) -> dict[str, Rows]:
        """Of every data source, by name."""
        return {name: self.rows(name) for name in self._sources}

    def _run(self, source: Mapping[str, Any]) -> Rows:
        options = source["options"]
        base = self.rows(options["extend"]) if source["type"] == "ds.chain" else None
        earliest, latest = (self._tokens[f"global_time.{end}"] for end in ("earliest", "latest"))
        watch().missed.clear()
        rows = self._head.search(filled(options["query"], self._tokens), earliest, latest, base=base)
        self.missed |= watch().missed
        return rows
