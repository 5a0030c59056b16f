"""timechart and chart. Source: Search Reference, *timechart* and *chart*.

Options stand where the syntax has them: span and limit before the statistics, useother and usenull after the field
that splits.
"""

import math
from dataclasses import dataclass

from tests.spl.arguments import boolean, field, options, whole_number
from tests.spl.context import Context
from tests.spl.errors import SplError
from tests.spl.grammar_search import Grammar, ParsePipeline
from tests.spl.grouping import Aggregate, grouped, parse_aggregates
from tests.spl.lexer import Scanner, Token
from tests.spl.series import Split, label, nothing
from tests.spl.timemath import bin_seconds, bin_start
from tests.spl.values import Number, Row, number, tidy

SERIES = 10
"""The default limit of both commands."""
BINS = 50_000
"""limits.conf [discretize] maxbins."""


@dataclass(frozen=True)
class Timechart:
    """`timechart span=… [limit=] … [by field [useother=] [usenull=]]`. `span` is in seconds."""

    aggregates: tuple[Aggregate, ...]
    span: int
    split: Split | None
    position: int

    def run(self, rows: list[Row], context: Context) -> list[Row]:
        """A row a bin of the time range searched, also where nothing happened (cont and fixedrange are true)."""
        binned = [{**row, "_time": self._start(number(row.get("_time")))} for row in rows]
        if self.split:
            table = self.split.table(binned, self.aggregates[0], "_time", context)
        else:
            table = grouped(binned, self.aggregates, ("_time",), context)
        if not table:
            raise SplError("timechart of no rows: whether empty bins come is not documented", self.position)
        return self._continuous(table, context)

    def _start(self, time: Number | None) -> Number | None:
        if time is None:
            raise SplError("timechart needs _time in every row", self.position)
        return tidy(bin_start(time, self.span))

    def _continuous(self, table: list[Row], context: Context) -> list[Row]:
        names = {one.name: one for one in self.aggregates}
        empty = {name: nothing(names.get(name, self.aggregates[0])) for name in table[0] if name != "_time"}
        held = {number(row["_time"]): row for row in table}
        starts = self._starts([time for time in held if time is not None], context)
        if not held.keys() <= set(starts):
            raise SplError("timechart: a row lies outside the time range searched", self.position)
        return [held.get(start) or {"_time": start, **empty} for start in starts]

    def _starts(self, held: list[Number], context: Context) -> list[Number | None]:
        """Where bins start: from the one that holds the earliest time. A range open at an end stops at a row."""
        earliest = min(held) if context.earliest is None else context.earliest
        latest = max(held) + self.span if context.latest is None else context.latest
        first = bin_start(earliest, self.span)
        count = math.ceil((latest - first) / self.span)
        if count > BINS:
            raise SplError(f"timechart: more than {BINS} bins", self.position)
        return [tidy(first + place * self.span) for place in range(count)]


@dataclass(frozen=True)
class Chart:
    """`chart [limit=] … over row [by column [useother=] [usenull=]]`, or `by row column`."""

    aggregates: tuple[Aggregate, ...]
    over: str
    split: Split | None
    position: int

    def run(self, rows: list[Row], context: Context) -> list[Row]:
        """A row a value; rows without it are left out, as stats does."""
        held = [row for row in rows if label(row.get(self.over), (), self.position)]
        if self.split:
            return self.split.table(held, self.aggregates[0], self.over, context)
        return grouped(held, self.aggregates, (self.over,), context)


def _timechart(scanner: Scanner, subsearch: ParsePipeline) -> Timechart:
    position = scanner.peek().start
    found = options(scanner, ("span", "limit"), "timechart")
    if "span" not in found:
        raise SplError("timechart without span is not implemented", position)
    aggregates = parse_aggregates(scanner)
    name = field(scanner) if scanner.accept_word("by") else None
    split = _split(scanner, name, found, aggregates, "timechart")
    return Timechart(aggregates, bin_seconds(found["span"].text, position), split, position)


def _chart(scanner: Scanner, subsearch: ParsePipeline) -> Chart:
    position = scanner.peek().start
    found = options(scanner, ("limit",), "chart")
    aggregates = parse_aggregates(scanner, ("over", "by"))
    over, name = _axes(scanner)
    if over in [one.argument for one in aggregates]:
        raise SplError(f"chart: {over} cannot be both counted and what splits", position)
    return Chart(aggregates, over, _split(scanner, name, found, aggregates, "chart"), position)


def _axes(scanner: Scanner) -> tuple[str, str | None]:
    word = scanner.take()
    if not word.is_word("over", "by"):
        raise SplError("chart: expected OVER or BY", word.start)
    over = field(scanner)
    if word.is_word("over"):
        return over, field(scanner) if scanner.accept_word("by") else None
    scanner.accept(",")
    return over, None if scanner.at_end_of_command() else field(scanner)


def _split(
    scanner: Scanner, name: str | None, before: dict[str, Token], aggregates: tuple[Aggregate, ...], command: str
) -> Split | None:
    position = scanner.peek().start
    limit = whole_number(before["limit"]) if "limit" in before else SERIES
    if name is None:
        if "limit" in before:
            raise SplError(f"{command}: limit is only valid where a field splits", position)
        return None
    if len(aggregates) > 1 or name in [one.argument for one in aggregates]:
        raise SplError(f"{command}: a split takes one statistic, not of the field that splits", position)
    after = options(scanner, ("useother", "usenull"), command)
    return Split(name, limit, boolean(after, "useother", True), boolean(after, "usenull", True), position)


GRAMMAR: Grammar = {"timechart": _timechart, "chart": _chart}
