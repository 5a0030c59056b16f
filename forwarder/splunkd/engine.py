"""The rules in a Splunk: its parser reads them, its search head runs them over the events of one test case.

Invariants: the events go through the sink's own code, only index and `source` differ; the events of a test case and
stream have a `source` that nothing else has. Only these things of a rule are replaced: the macros `claude_index_…` mean
the test case's own events, `now()` and the time range the time of the test cases, `_indextime` that of collection.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from forwarder.config.units import parse_duration
from forwarder.errors import Misconfigured, Reject
from forwarder.records import STREAMS, Stream
from forwarder.siem.calls import Progress
from forwarder.siem.check import PermissionDenied
from forwarder.siem.differences import definition_differences, lookup_differences
from forwarder.siem.test_cases import Rows
from forwarder.siem.test_run import LabeledCase, send_events
from forwarder.siem.verify import RuleRows
from forwarder.sinks.splunk import SplunkSettings
from forwarder.sinks.splunk.sink import SplunkSink, source_of
from forwarder.splunkd.connection import Splunkd
from forwarder.splunkd.jobs import SearchJobs, SearchTimeRange, parse
from forwarder.splunkd.knowledge_objects import (
    COLUMNS,
    SavedSearch,
    ShippedApp,
    read_macros,
    read_searches,
    shipped_app,
)
from forwarder.splunkd.macros import Macro, MacroExpansion
from forwarder.splunkd.server import missing_indexes, read_indexes, read_server
from forwarder.store import pack
from forwarder.store.chunk import Packed

COUNT_SECONDS, RULE_SECONDS = 60.0, 120.0
"""How long a search may take."""
_INDEX_MACRO = "claude_index_"
"""These macros say where events are. A customer changes them, and here they are replaced."""


class SplunkRuleEngine(NamedTuple):
    """A Splunk as `RuleEngine`."""

    splunkd: Splunkd
    jobs: SearchJobs
    sink: str
    settings: SplunkSettings
    index_name: str
    """Where the events of the test cases go."""
    now: int
    """The time of the test cases, epoch seconds."""
    shipped: ShippedApp
    searches: Mapping[str, SavedSearch]
    """By name."""
    macros: Mapping[str, Macro]

    @classmethod
    def connect(cls, splunkd: Splunkd, sink: str, settings: SplunkSettings, index: str, now: int) -> "SplunkRuleEngine":
        """Raises as `Splunkd.request`; `Misconfigured` for an index that is not there."""
        _expect_index(splunkd, index)
        searches, macros = read_searches(splunkd), read_macros(splunkd)
        return cls(splunkd, SearchJobs(splunkd), sink, settings, index, now, shipped_app(), searches, macros)

    @property
    def place(self) -> str:
        """See `RuleEngine`."""
        return f"index {self.index_name}"

    @property
    def arrival_hint(self) -> str:
        """See `RuleEngine`."""
        return "look for errors of HttpInputDataHandler in index=_internal"

    def parse_rule(self, rule: str) -> None:
        """See `RuleEngine`."""
        search = self.searches.get(self.shipped.titles[rule])
        if search is None:
            raise Reject("not-installed", "not installed, or the user may not read it")
        parse(self.splunkd, search.text)

    def labels(self, case: LabeledCase) -> dict[str, int]:
        """See `RuleEngine`. A label is a `source`."""
        return {source_of(_origin(case, stream)): len(events) for stream, events in case.case.streams.items()}

    def send(self, cases: Sequence[LabeledCase], progress: Progress) -> None:
        """See `RuleEngine`. Without acknowledgement: what counts is what is searchable."""
        redirected = self.settings.model_copy(update={"indexes": dict.fromkeys(STREAMS, self.index_name), "ack": "off"})
        chunks = (
            chunk
            for case in cases
            for stream, events in case.case.streams.items()
            for chunk in pack(_origin(case, stream), [Packed(event, 0, None) for event in events])
        )
        send_events(SplunkSink(self.sink, redirected), chunks, lambda refused: f"{refused.source}: HEC", progress)

    def count_searchable(self, cases: Sequence[LabeledCase]) -> dict[str, int]:
        """See `RuleEngine`."""
        sources = source_of(f"verify/{cases[0].run}/*")
        search = f'| tstats count where index="{self.index_name}" source="{sources}" by source'
        times = [event.key_fields.time_ms / 1000 for case in cases for event in case.case.events]
        rows = self.jobs.run(search, SearchTimeRange(min(times), max(times) + 1), COUNT_SECONDS)
        return {str(row["source"]): int(row["count"]) for row in rows}

    def run_rule(self, case: LabeledCase) -> RuleRows:
        """See `RuleEngine`. The columns that every saved search adds to its rule's rows must have a value."""
        search, added = self.searches[self.shipped.titles[case.rule]], COLUMNS
        text = MacroExpansion({**self.macros, **self._index_macros(case)}, self.now).expand(search.text)
        rows = self.jobs.run(text, time_range(search, self.now), RULE_SECONDS)
        compared = [{name: value for name, value in row.items() if name not in added} for row in rows]
        empty = (name for row in rows for name in added if not row.get(name))
        return RuleRows(compared, next((f"{name} is empty" for name in empty), None))

    def differences(self, rules: Collection[str]) -> Iterator[str]:
        """See `RuleEngine`: macros and lookups."""
        shipped = {name: text for name, text in self.shipped.macros.items() if not self._is_replaced(name)}
        deployed = {name: macro.definition for name, macro in self.macros.items()}
        yield from definition_differences("macro", "on the server", deployed, shipped)
        yield from lookup_differences("lookup", self.shipped.lookup_rows, self._lookup_rows)

    def _index_macros(self, case: LabeledCase) -> dict[str, Macro]:
        """In parentheses: OR binds tighter than terms side by side."""
        sources = {stream: source_of(_origin(case, stream)) for stream in STREAMS}
        return {
            f"{_INDEX_MACRO}{stream}": Macro(f'(index="{self.index_name}" source="{source}")')
            for stream, source in sources.items()
        }

    def _is_replaced(self, macro: str) -> bool:
        return macro.startswith(_INDEX_MACRO) and macro in self.macros

    def _lookup_rows(self, name: str) -> Rows:
        return self.jobs.run(f"| inputlookup {name}", SearchTimeRange(0, 1), COUNT_SECONDS)


def time_range(search: SavedSearch, now: float) -> SearchTimeRange:
    """The rule's own time range as it is at `now`. Raises `Reject` for one that is not `-SPAN` to now."""
    try:
        lookback = parse_duration(search.earliest.removeprefix("-"))
    except ValueError:
        lookback = 0.0
    if not lookback or search.latest != "now":
        found = f"{search.earliest or 'nothing'} to {search.latest or 'nothing'}"
        raise Reject("time-range", f"the rule's time range is {found}; only one such as -14d to now can be moved")
    return SearchTimeRange(now - lookback, now)


def _origin(case: LabeledCase, stream: Stream) -> str:
    """The source as the sink knows sources: without dots, of which only the last part would count."""
    return "/".join(("verify", case.run, case.rule, case.name, stream)).replace(".", "/")


def _expect_index(splunkd: Splunkd, index: str) -> None:
    """A user who may not list indexes gets the answer from HEC."""
    try:
        missing = missing_indexes(read_server(splunkd), read_indexes(splunkd), [index])
    except PermissionDenied:
        return
    if missing:
        fix = f"create it with `claude-siem splunk install --verify-index {index}`, or name another"
        raise Misconfigured(f"--index {index}: there is no such index; {fix}")
