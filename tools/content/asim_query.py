"""The KQL of an ASIM parser: select rows, take each once, then compute columns."""

from collections.abc import Iterable, Iterator

from forwarder.sinks.sentinel import TABLES
from tools.content.asim_tables import Schema, Test

_GROUPS_OF_AN_ADDRESS = 4
"""Maximum number of groups in an address prefix, such as `10.0.` or `2001:db8:`."""
_PREFIXES = [
    f"extract('^((?:[^.:]*[.:]){{{{{groups}}}}})', 1, {{column}}) in ({{name}})"
    for groups in range(1, _GROUPS_OF_AN_ADDRESS + 1)
]
_ABSENT = "array_length({name}) == 0"
_TESTS: dict[Test, list[str]] = {
    "has_any": [_ABSENT, "{column} has_any ({name})"],
    "in": [_ABSENT, "{column} in~ ({name})"],
    "is": ["{name} == '*'", "{column} =~ {name}"],
    "prefix": [_ABSENT, "{column} in ({name})", *_PREFIXES],
}
"""Condition for a missing parameter, then comparisons for a given one. One of them must hold."""
_TIMES = [
    "| where isnull(starttime) or (TimeGenerated >= starttime - 2d and EventTime >= starttime)",
    "| where isnull(endtime) or EventTime <= endtime",
]
"""EventTime decides. TimeGenerated, which Azure may rewrite, only limits the rows that are read."""


def query(schema: Schema, once: Iterable[str], *, filtering: bool) -> str:
    """The body of a parser. `once`: the lines that take each event once."""
    first = list(_first(schema))
    times = _TIMES if filtering else []
    conditions = [_condition(name, tests) for name, tests in schema.parameters.items()] if filtering else []
    lines = [*_rows(schema), *times, *_extended(schema, first), *conditions, *once, *_projected(schema, first)]
    return "\n".join(lines)


def _condition(name: str, tests: dict[Test, list[str]]) -> str:
    ((test, columns),) = tests.items()
    conditions = (way.format(name=name, column=column) for column in columns for way in _TESTS[test])
    return "| where " + "\n    or ".join(dict.fromkeys(conditions))


def _rows(schema: Schema) -> Iterator[str]:
    tables = [(TABLES[stream], f"extend Type = '{TABLES[stream]}'") for stream in schema.streams]
    if len(tables) == 1:
        yield "\n| ".join(tables[0])
    else:
        yield "union\n" + ",\n".join(f"    ({' | '.join(table)})" for table in tables)
    yield "| where not(disabled)"
    yield f"| where {schema.events}"


def _first(schema: Schema) -> Iterator[list[str]]:
    """The columns that conditions or other columns read, in dependency order."""
    wanted = {*schema.filtered, *(name for column in schema.columns for name in schema.reads(column))}
    while ready := [column for column in schema.columns if column in wanted and not schema.reads(column) & wanted]:
        yield ready
        wanted -= set(ready)


def _extended(schema: Schema, first: Iterable[Iterable[str]]) -> Iterator[str]:
    for columns in first:
        yield "| extend\n" + _listed(f"{column} = {schema.expressions[column]}" for column in columns)


def _projected(schema: Schema, first: Iterable[Iterable[str]]) -> Iterator[str]:
    done = {column for columns in first for column in columns}
    made = {column: column if column in done else text for column, text in schema.expressions.items()}
    made |= {"EventSchema": f"'{schema.name}'", "EventSchemaVersion": f"'{schema.version}'"}
    yield "| project\n" + _listed(column if column == text else f"{column} = {text}" for column, text in made.items())


def _listed(columns: Iterable[str]) -> str:
    """One column per line, with continuation lines indented."""
    return ",\n".join("    " + column.replace("\n", "\n        ") for column in columns)
