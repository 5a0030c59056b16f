"""`sentinel/Parsers/{ASim,vim}*Claude.yaml`: ASIM parsers, in the form of the Azure-Sentinel repository.

Each schema has two. `vim…` filters by its parameters first, `ASim…` returns everything. Both take each event once, with
the same lines as the base functions. The body has no surrounding lambda as in the repository, because Log Analytics
declares the parameters. So tests can execute the same text.
"""

from typing import NamedTuple

from forwarder.detect.functions import SavedFunction
from tools.content.analytics_rules import readable
from tools.content.asim_query import query
from tools.content.asim_tables import Schema, Test
from tools.content.folder import Content
from tools.content.parsers import FOLDER

PRODUCT = "Claude"
_ONCE = (
    "| extend arrived = ",
    "| extend copy_order = ",
    "| extend copy_revision = ",
    "| summarize arg_min(copy_order, ",
    "| summarize arg_max(copy_revision, ",
)
"""Prefixes of the base function's lines that take each event once."""


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
    """Name as a built-in parser of Microsoft."""
    schema: Schema
    parameters: list[Parameter]
    body: str

    @property
    def function(self) -> SavedFunction:
        """The parser as a Sentinel function."""
        return SavedFunction(self.name, ", ".join(f"{p.name}:{p.kind}={p.default}" for p in self.parameters), self.body)


def asim_files(content: Content) -> dict[str, str]:
    """One file per parser."""
    return {f"{FOLDER}/{parser.name}.yaml": readable(_document(parser)) for parser in asim_parsers(content)}


def asim_parsers(content: Content) -> list[AsimParser]:
    """Both parsers of each schema."""
    once = _once(content)
    return [parser for schema in content.schemas for parser in (_plain(schema, once), _filtering(schema, once))]


def _plain(schema: Schema, once: list[str]) -> AsimParser:
    body = query(schema, once, filtering=False)
    return AsimParser(f"ASim{schema.name}{PRODUCT}", f"_ASim_{schema.name}_{PRODUCT}", schema, SWITCHES, body)


def _filtering(schema: Schema, once: list[str]) -> AsimParser:
    own = [Parameter(name, *_kind(next(iter(tests)))) for name, tests in schema.parameters.items()]
    body = query(schema, once, filtering=True)
    parameters = [START, END, *own, *SWITCHES]
    return AsimParser(f"vim{schema.name}{PRODUCT}", f"_Im_{schema.name}_{PRODUCT}", schema, parameters, body)


def _kind(test: Test) -> tuple[str, str]:
    return ("string", "'*'") if test == "is" else ("dynamic", "dynamic([])")


def _once(content: Content) -> list[str]:
    """The lines of ClaudeActivity that take each event once. Raises `StopIteration` where one is missing."""
    base = next(function.body for function in content.functions if function.name == "ClaudeActivity")
    return [next(line for line in base.splitlines() if line.startswith(beginning)) for beginning in _ONCE]


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
        "Description": f"Normalizes Claude events from claude-siem: {schema.holds}.\n",
        "ParserName": parser.name,
        "EquivalentBuiltInParser": parser.built_in,
        "ParserParams": [{"Name": p.name, "Type": p.kind, "Default": p.default} for p in parser.parameters],
        "ParserQuery": parser.body + "\n",
    }
