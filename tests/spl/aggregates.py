"""The statistical functions, as accumulators that values are added to.

Source: Search Reference, *Statistical and charting functions*. Text that is no number is left out of sums.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from tests.spl.errors import SplError
from tests.spl.values import Number, Scalar, Value, multivalue, number, order_key, text, tidy

LIST_VALUES = 100
"""list() keeps the first 100 values."""
EXACT_PERCENTILE_VALUES = 1000
"""Above so many distinct values Splunk approximates percentiles."""


class Accumulator(Protocol):
    """Takes values one by one, with the time of their row, and gives the statistic so far."""

    def add(self, value: Scalar, time: Value) -> None:
        """Counts one more value."""
        ...

    def result(self) -> Value:
        """The statistic of the values so far."""
        ...


@dataclass
class Count:
    """How many values."""

    count: int = 0

    def add(self, value: Scalar, time: Value) -> None:
        self.count += 1

    def result(self) -> Value:
        return self.count


@dataclass
class NumberStatistics:
    """Sum, mean and spread of the numbers, by Welford's recurrence."""

    finish: Callable[["NumberStatistics"], Number | None]
    count: int = 0
    total: Number = 0
    mean: float = 0.0
    squares: float = 0.0

    def add(self, value: Scalar, time: Value) -> None:
        found = number(value)
        if found is None:
            return
        self.count += 1
        self.total += found
        step = found - self.mean
        self.mean += step / self.count
        self.squares += step * (found - self.mean)

    def result(self) -> Value:
        result = self.finish(self) if self.count else None
        return None if result is None else tidy(result)

    def average(self) -> float:
        """The sum divided by the number of values."""
        return self.total / self.count

    def variance(self) -> float:
        """Of a sample (n-1); a single value has none and Splunk shows 0."""
        return self.squares / (self.count - 1) if self.count > 1 else 0.0


@dataclass
class Kept:
    """Keeps every value and gives the statistic at the end."""

    finish: Callable[[list[Scalar]], Value]
    values: list[Scalar] = field(default_factory=list)

    def add(self, value: Scalar, time: Value) -> None:
        self.values.append(value)

    def result(self) -> Value:
        return self.finish(self.values) if self.values else None


@dataclass
class Distinct:
    """The distinct values, as text."""

    finish: Callable[[set[str]], Value]
    values: set[str] = field(default_factory=set)

    def add(self, value: Scalar, time: Value) -> None:
        self.values.add(text(value))

    def result(self) -> Value:
        return self.finish(self.values)


@dataclass
class Chosen:
    """One of the values: a later one replaces it where `better` holds."""

    better: Callable[[tuple[Scalar, Value], tuple[Scalar, Value]], bool]
    held: tuple[Scalar, Value] | None = None

    def add(self, value: Scalar, time: Value) -> None:
        if self.held is None or self.better((value, time), self.held):
            self.held = (value, time)

    def result(self) -> Value:
        return self.held[0] if self.held else None


def _when(pair: tuple[Scalar, Value]) -> Number:
    found = number(pair[1])
    if found is None:
        raise SplError("earliest() and latest() need _time in every row")
    return found


def _extreme(pick: Callable[..., Scalar]) -> Callable[[list[Scalar]], Value]:
    """By size if all values are numbers, otherwise by their characters."""

    def compute(values: list[Scalar]) -> Value:
        all_numbers = all(number(value) is not None for value in values)
        return _shown(pick(values, key=order_key if all_numbers else text))

    return compute


def _shown(value: Scalar) -> Value:
    found = number(value)
    return value if found is None else tidy(found)


def _percentile(percent: int) -> Callable[[list[Scalar]], Value]:
    """Nearest rank; between two values the higher, as documented for median()."""

    def compute(values: list[Scalar]) -> Value:
        numbers = sorted(found for value in values if (found := number(value)) is not None)
        if len(set(numbers)) > EXACT_PERCENTILE_VALUES:
            raise SplError(f"percentiles of more than {EXACT_PERCENTILE_VALUES} distinct values are approximate")
        return tidy(numbers[min(len(numbers) * percent // 100, len(numbers) - 1)]) if numbers else None

    return compute


def _range(values: list[Scalar]) -> Value:
    numbers = [found for value in values if (found := number(value)) is not None]
    return tidy(max(numbers) - min(numbers)) if numbers else None


AGGREGATES: dict[str, Callable[[], Accumulator]] = {
    "avg": lambda: NumberStatistics(NumberStatistics.average),
    "count": Count,
    "dc": lambda: Distinct(len),
    "earliest": lambda: Chosen(lambda new, held: _when(new) <= _when(held)),
    "first": lambda: Chosen(lambda new, held: False),
    "last": lambda: Chosen(lambda new, held: True),
    "latest": lambda: Chosen(lambda new, held: _when(new) > _when(held)),
    "list": lambda: Kept(lambda values: multivalue(text(value) for value in values[:LIST_VALUES])),
    "max": lambda: Kept(_extreme(max)),
    "median": lambda: Kept(_percentile(50)),
    "min": lambda: Kept(_extreme(min)),
    "range": lambda: Kept(_range),
    "stdev": lambda: NumberStatistics(lambda statistics: math.sqrt(statistics.variance())),
    "sum": lambda: NumberStatistics(lambda statistics: statistics.total),
    "values": lambda: Distinct(lambda values: multivalue(sorted(values))),
    "var": lambda: NumberStatistics(NumberStatistics.variance),
}
_SYNONYMS = {"c": "count", "distinct_count": "dc", "mean": "avg"}


def accumulator(function: str, position: int) -> Callable[[], Accumulator]:
    """What makes accumulators of the function, or a refusal."""
    percentile = re.fullmatch(r"p(?:erc)?(\d\d?)", function)
    if percentile:
        finish = _percentile(int(percentile[1]))
        return lambda: Kept(finish)
    name = _SYNONYMS.get(function, function)
    if name not in AGGREGATES:
        raise SplError(f"statistical function {function}() is not implemented", position)
    return AGGREGATES[name]
