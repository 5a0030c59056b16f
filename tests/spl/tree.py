"""What the parser makes of a search: expressions, predicates and pipelines. Commands are in `commands/`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from tests.spl.context import Context
from tests.spl.values import Row, Scalar

Comparison = Literal["=", "!=", "<", "<=", ">", ">="]


@dataclass(frozen=True)
class Constant:
    """A number or a text written in an expression."""

    value: Scalar


@dataclass(frozen=True)
class FieldRef:
    """A field named in an expression."""

    name: str


@dataclass(frozen=True)
class Call:
    """A function of eval with its arguments."""

    function: str
    arguments: tuple[Expression, ...]
    position: int


@dataclass(frozen=True)
class Unary:
    """`-x` or `NOT x`."""

    operator: str
    operand: Expression
    position: int


@dataclass(frozen=True)
class Binary:
    """Two expressions joined by an operator of eval."""

    operator: str
    left: Expression
    right: Expression
    position: int


Expression = Constant | FieldRef | Call | Unary | Binary


@dataclass(frozen=True)
class Everything:
    """The empty search, or `*`."""


@dataclass(frozen=True)
class AllOf:
    """Predicates joined by AND, written or implied."""

    parts: tuple[Predicate, ...]


@dataclass(frozen=True)
class AnyOf:
    """Predicates joined by OR."""

    parts: tuple[Predicate, ...]


@dataclass(frozen=True)
class Not:
    """The complement: true also where the field is missing."""

    part: Predicate


@dataclass(frozen=True)
class Compare:
    """`field op value` of the search command."""

    field: str
    operator: Comparison
    value: str
    position: int


@dataclass(frozen=True)
class Term:
    """A word or a phrase looked for in `_raw`."""

    phrase: str


@dataclass(frozen=True)
class TimeBound:
    """`earliest=`, `latest=`, `_index_earliest=` or `_index_latest=` inside a search."""

    which: str
    modifier: str
    position: int


@dataclass(frozen=True)
class Subsearch:
    """A bracketed search whose rows become predicates."""

    pipeline: Pipeline
    position: int


Predicate = Everything | AllOf | AnyOf | Not | Compare | Term | TimeBound | Subsearch


class Command(Protocol):
    """One stage of a pipeline."""

    def run(self, rows: list[Row], context: Context) -> list[Row]:
        """The rows after this stage. The rows given may be changed."""
        ...


@dataclass(frozen=True)
class Pipeline:
    """Commands in order."""

    commands: tuple[Command, ...]

    def run(self, rows: list[Row], context: Context) -> list[Row]:
        """The rows after the last command."""
        for command in self.commands:
            context.watch(command, rows)
            rows = command.run(rows, context)
        return rows
