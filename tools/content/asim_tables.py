"""`sentinel/asim/*.yaml`: how our tables become ASIM's schemas, a table a schema, strictly read."""

import re
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import Field, TypeAdapter, ValidationError

from forwarder.records import Stream
from forwarder.sinks.sentinel import columns
from tools.content.rules import Section, Text, UnfitRule

Type = Literal["string", "int", "long", "datetime", "dynamic"]
Test = Literal["has_any", "in", "is", "prefix"]
"""How a filtering parameter is compared with a column."""
Columns = dict[str, Annotated[dict[Type, Text], Field(min_length=1, max_length=1)]]
"""Column → its type → the KQL that makes it."""
SHARED = "shared.yaml"
_NAME = re.compile(r"\w+")
_QUOTED = re.compile(r"'[^']*'")


class Release(Section):
    """The parser's own version and when it was changed, as Azure-Sentinel writes dates."""

    version: Text
    updated: Text


class Schema(Section):
    """One schema: which rows it takes, what its columns are made of, what one may filter by."""

    name: str = Field(alias="schema")
    version: Text
    parser: Release
    holds: Text = Field(description="which events, in a few words")
    streams: list[Stream] = Field(min_length=1)
    events: Text = Field(description="the condition on rows of those tables")
    parameters: dict[str, Annotated[dict[Test, list[Text]], Field(min_length=1, max_length=1)]]
    """Beside those that every parser has: name → how it is compared with which columns, of which one has to fit."""
    columns: Columns

    @cached_property
    def expressions(self) -> dict[str, str]:
        """Column and the KQL that makes it."""
        return {column: next(iter(made.values())) for column, made in self.columns.items()}

    @cached_property
    def filtered(self) -> set[str]:
        """The columns that parameters are compared with."""
        return {column for tests in self.parameters.values() for columns in tests.values() for column in columns}

    def reads(self, column: str) -> set[str]:
        """The other columns that a column is made of. A name that a table has too means the table's."""
        used = set(_NAME.findall(_QUOTED.sub("", self.expressions[column]))) & self.columns.keys()
        return used - self.of_tables - {column}

    @cached_property
    def of_tables(self) -> set[str]:
        """The names of the tables' own columns."""
        return {name for stream in self.streams for name in columns(stream)}


_SHARED = TypeAdapter(dict[str, Columns])


def load_schemas(folder: Path) -> list[Schema]:
    """All schemas, by name. Raises `UnfitRule` for a table that makes no parser."""
    groups = _SHARED.validate_python(yaml.safe_load((folder / SHARED).read_text()))
    return [_schema(path, groups) for path in sorted(folder.glob("*.yaml")) if path.name != SHARED]


def _schema(path: Path, groups: dict[str, Columns]) -> Schema:
    document = yaml.safe_load(path.read_text())
    shared = document.pop("groups")
    if unknown := set(shared) - groups.keys():
        raise UnfitRule(f"{path}: groups: {sorted(unknown)} not in {SHARED}")
    parts = [*(groups[name] for name in shared), document["columns"]]
    merged = {column: made for part in parts for column, made in part.items()}
    try:
        schema = Schema.model_validate({**document, "columns": merged})
    except ValidationError as error:
        raise UnfitRule(f"{path}: {error}") from None
    if unfit := schema.filtered - (schema.columns.keys() - schema.of_tables):
        raise UnfitRule(
            f"{path}: parameters: {sorted(unfit)}: no column of the schema, or one that the tables have too"
        )
    return schema
