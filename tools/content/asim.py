"""`sentinel/Parsers/{ASim,vim}*Claude.yaml`: ASIM parsers, in the form of the Azure-Sentinel repository.

A schema has two. `vim…` filters by its parameters before anything else is done, `ASim…` gives everything. Both take
each event once, by the very lines of the base functions. The body stands alone, without the lambda that the
repository wraps around it: Log Analytics declares the parameters, and so the same text can be executed here.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from forwarder.sinks.sentinel import TABLES
from tools.content.analytics_rules import readable
from tools.content.asim_tables import Schema, Test
from tools.content.folder import Content, Function
from tools.content.parsers import FOLDER

PRODUCT = "Claude"
_NEWEST = ("| extend copy = ", "| summarize arg_max(copy, ")
"""How the lines of a base function begin that take the newest copy of each event."""
_GROUPS_OF_AN_ADDRESS = 4
"""A prefix of an address is made of whole groups of it, such as `10.0.` or `2001:db8:`, of at most so many."""
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
"""How a parameter looks that is not given, and then how one that is given is compared; one of these has to hold."""


class Parameter(NamedTuple):
    """A parameter of a parser."""

    name: str
    kind: str
    default: str


START, END = (Parameter(name, "datetime", "datetime(null)") for name in ("starttime", "endtime"))
SWITCHES = [Parameter("disabled", "bool", "false"), Parameter("pack", "bool", "false")]


class AsimParser(NamedTuple):
    """One parser as a function."""

    name: str
    built_in: str
    """The name that it would have if Microsoft built it in."""
    schema: Schema
    parameters: list[Parameter]
    body: str

    @property
    def function(self) -> Function:
        """The parser as a function of Sentinel's."""
        return Function(self.name, ", ".join(f"{p.name}:{p.kind}={p.default}" for p in self.parameters), self.body)


def asim_files(content: Content) -> dict[str, str]:
    """A file a parser."""
    return {f"{FOLDER}/{parser.name}.yaml": readable(_document(parser)) for parser in asim_parsers(content)}


def asim_parsers(content: Content) -> list[AsimParser]:
    """Both parsers of each schema."""
    newest = _newest(content)
    return [parser for schema in content.schemas for parser in (_plain(schema, newest), _filtering(schema, newest))]


def _plain(schema: Schema, newest: list[str]) -> AsimParser:
    body = _body(schema, [], [], newest)
    return AsimParser(f"ASim{schema.name}{PRODUCT}", f"_ASim_{schema.name}_{PRODUCT}", schema, SWITCHES, body)


def _filtering(schema: Schema, newest: list[str]) -> AsimParser:
    own = [Parameter(name, *_kind(next(iter(tests)))) for name, tests in schema.parameters.items()]
    times = [
        "| where isnull(starttime) or (TimeGenerated >= starttime - 2d and EventTime >= starttime)",
        "| where isnull(endtime) or EventTime <= endtime",
    ]
    body = _body(schema, times, [_condition(name, tests) for name, tests in schema.parameters.items()], newest)
    parameters = [START, END, *own, *SWITCHES]
    return AsimParser(f"vim{schema.name}{PRODUCT}", f"_Im_{schema.name}_{PRODUCT}", schema, parameters, body)


def _kind(test: Test) -> tuple[str, str]:
    return ("string", "'*'") if test == "is" else ("dynamic", "dynamic([])")


def _condition(name: str, tests: dict[Test, list[str]]) -> str:
    ((test, columns),) = tests.items()
    told = (way.format(name=name, column=column) for column in columns for way in _TESTS[test])
    return "| where " + "\n    or ".join(dict.fromkeys(told))


def _body(schema: Schema, times: Iterable[str], conditions: Iterable[str], newest: Iterable[str]) -> str:
    """First the rows, then each once, then the columns."""
    first = list(_first(schema))
    lines = [*_rows(schema), *times, *_extended(schema, first), *conditions, *newest, *_projected(schema, first)]
    return "\n".join(lines)


def _rows(schema: Schema) -> Iterator[str]:
    tables = [f"{TABLES[stream]} | extend Type = '{TABLES[stream]}'" for stream in schema.streams]
    if len(tables) == 1:
        yield from tables[0].replace(" | ", "\n| ").split("\n")
    else:
        yield "union\n" + ",\n".join(f"    ({table})" for table in tables)
    yield "| where not(disabled)"
    yield f"| where {schema.events}"


def _first(schema: Schema) -> Iterator[list[str]]:
    """The columns that conditions or other columns read, those first that none of the others is made of."""
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
    """A column a line, further lines of one indented once more."""
    return ",\n".join("    " + column.replace("\n", "\n        ") for column in columns)


def _newest(content: Content) -> list[str]:
    """The lines of the base function of activities by which the newest copy of each event is taken."""
    base = next(function.body for function in content.functions if function.name == "ClaudeActivity")
    return [line for beginning in _NEWEST for line in base.splitlines() if line.startswith(beginning)]


def _document(parser: AsimParser) -> dict[str, object]:
    schema = parser.schema
    return {
        "Parser": {
            "Title": f"{schema.name} ASIM parser for {PRODUCT}",
            "Version": schema.parser.version,
            "LastUpdated": schema.parser.updated,
        },
        "Product": {"Name": PRODUCT},
        "Normalization": {"Schema": schema.name, "Version": schema.version},
        "References": [
            {"Title": f"ASIM {schema.name} Schema", "Link": f"https://aka.ms/ASim{schema.name}Doc"},
            {"Title": "ASIM", "Link": "https://aka.ms/AboutASIM"},
        ],
        "Description": f"Normalizes what claude-siem sends of Claude: {schema.holds}.\n",
        "ParserName": parser.name,
        "EquivalentBuiltInParser": parser.built_in,
        "ParserParams": [{"Name": p.name, "Type": p.kind, "Default": p.default} for p in parser.parameters],
        "ParserQuery": parser.body + "\n",
    }
