"""streamstats: statistics of the rows so far, or of a window of them.

Source: Search Reference, *streamstats*. With `window`, the default `global=true` keeps one window over all rows,
of which a group sees its own; `global=f` keeps a window a group.
"""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from tests.spl.aggregates import Accumulator
from tests.spl.arguments import boolean, options, whole_number
from tests.spl.context import Context
from tests.spl.errors import SplError
from tests.spl.grammar_search import Grammar, ParsePipeline
from tests.spl.grouping import Aggregate, Key, as_key, feed, keys, parse_aggregates, parse_by, results_of
from tests.spl.lexer import Scanner
from tests.spl.timemath import span_seconds
from tests.spl.values import Row, Scalar, Value, number

WINDOW_ROWS = 10_000
"""limits.conf [stats] max_stream_window."""


class WindowRow(NamedTuple):
    """What a row adds to the statistics, kept while it is in a window."""

    group: Key
    time: Value
    added: list[tuple[Scalar, ...]]


@dataclass(frozen=True)
class Streamstats:
    """`streamstats [current=] [window=] [global=] [time_window=] … by …`. `seconds` is the time window."""

    aggregates: tuple[Aggregate, ...]
    by: tuple[str, ...]
    current: bool
    window: int
    shared: bool
    seconds: int
    position: int

    def run(self, rows: list[Row], context: Context) -> list[Row]:
        """Every row with the statistics so far; rows of no group stay as they are and take no part."""
        readers = [aggregate.reader(context) for aggregate in self.aggregates]
        statistics_of = self._history()
        for row in rows:
            found = [as_key(values) for values in keys(row, self.by)]
            if len(found) > 1:
                raise SplError("streamstats by a multivalue is not implemented", self.position)
            if found:
                row.update(statistics_of(WindowRow(found[0], row.get("_time"), [read(row) for read in readers])))
        return rows

    def _history(self) -> Callable[[WindowRow], Row]:
        if self.seconds:
            return TimeWindow(self).statistics
        return Window(self).statistics if self.window else Running(self).statistics


@dataclass
class Running:
    """Everything so far, a group at a time.

    *streamstats* says that the limit of a window holds without one too, but not how: more rows are refused.
    """

    command: Streamstats
    groups: dict[Key, list[Accumulator]] = field(default_factory=dict)
    rows: int = 0

    def statistics(self, row: WindowRow) -> Row:
        """The statistics at this row."""
        self.rows += 1
        if self.rows > WINDOW_ROWS:
            raise SplError(f"streamstats without a window over more than {WINDOW_ROWS} rows", self.command.position)
        aggregates = self.command.aggregates
        held = self.groups.setdefault(row.group, [])
        held += [] if held else [aggregate.new() for aggregate in aggregates]
        before = results_of(aggregates, held) if not self.command.current else {}
        feed(held, row.added, row.time)
        return results_of(aggregates, held) if self.command.current else before


@dataclass
class Window:
    """The last rows: this one and those before it, or without `current` only those before it."""

    command: Streamstats
    windows: dict[Key, deque[WindowRow]] = field(default_factory=dict)

    def statistics(self, row: WindowRow) -> Row:
        """The statistics at this row."""
        place = () if self.command.shared else row.group
        window = self.windows.setdefault(place, deque(maxlen=self.command.window))
        if self.command.current:
            window.append(row)
        result = summary(self.command.aggregates, (one for one in window if one.group == row.group))
        if not self.command.current:
            window.append(row)
        return result


@dataclass
class TimeWindow:
    """The rows less than a span of time away. Rows must come in order of time, either way."""

    command: Streamstats
    windows: dict[Key, deque[WindowRow]] = field(default_factory=dict)
    last: float | None = None
    direction: int = 0

    def statistics(self, row: WindowRow) -> Row:
        """The statistics at this row."""
        now = self._in_order(row)
        window = self.windows.setdefault(row.group, deque())
        while window and (away := abs(now - _time(window[0]))) >= self.command.seconds:
            if away == self.command.seconds:
                raise SplError("a row exactly time_window away: not documented", self.command.position)
            window.popleft()
        if len(window) >= WINDOW_ROWS:
            raise SplError(f"time_window holds more than {WINDOW_ROWS} rows", self.command.position)
        before = list(window)
        window.append(row)
        return summary(self.command.aggregates, window if self.command.current else before)

    def _in_order(self, row: WindowRow) -> float:
        now, last = _time(row), self.last
        step = 0 if last is None else (now > last) - (now < last)
        if step and self.direction and step != self.direction:
            raise SplError("time_window needs rows in order of _time", self.command.position)
        self.last, self.direction = now, self.direction or step
        return now


def _time(row: WindowRow) -> float:
    found = number(row.time)
    if found is None:
        raise SplError("time_window needs _time in every row")
    return found


def summary(aggregates: tuple[Aggregate, ...], window: Iterable[WindowRow]) -> Row:
    """The statistics of the rows in a window."""
    accumulators = [aggregate.new() for aggregate in aggregates]
    for row in window:
        feed(accumulators, row.added, row.time)
    return results_of(aggregates, accumulators)


def _streamstats(scanner: Scanner, subsearch: ParsePipeline) -> Streamstats:
    position = scanner.peek().start
    found = options(scanner, ("current", "window", "global", "time_window"), "streamstats")
    window = whole_number(found["window"]) if "window" in found else 0
    span = found.get("time_window")
    if window > WINDOW_ROWS or (window and span):
        raise SplError(f"streamstats: window at most {WINDOW_ROWS}, and not with time_window", position)
    seconds = span_seconds(span.text, span.start) if span else 0
    current, shared = boolean(found, "current", True), boolean(found, "global", True)
    return Streamstats(parse_aggregates(scanner), parse_by(scanner), current, window, shared, seconds, position)


GRAMMAR: Grammar = {"streamstats": _streamstats}
