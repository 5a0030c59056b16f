"""`claude-siem catalogue`: how each activity type is mapped, as a table or in full."""

import sys
from typing import Annotated, Any

import typer
import yaml

from forwarder.cli import terminal
from forwarder.detect import KqlRule, bundled_rules
from forwarder.ocsf.feed.catalogue import entries, plans
from forwarder.ocsf.feed.fallback import fallback
from forwarder.ocsf.feed.listing import TypeMapping, mapping, mappings

COLUMNS = (*TypeMapping._fields, "rules")


def catalogue(
    types: Annotated[list[str] | None, typer.Argument(help="Activity types to show in full, known or unknown.")] = None,
) -> None:
    """Print how each activity type is mapped: one tab-separated line per type, or the named types in full as YAML."""
    rules = list(bundled_rules())
    if types:
        documents = (_in_full(code, rules) for code in types)
        terminal.show_data(yaml.safe_dump_all(documents, sort_keys=False, width=100))
        return
    if sys.stdout.isatty():
        terminal.show_data("\t".join(COLUMNS))
    for row in mappings():
        terminal.show_data("\t".join(str(part) for part in (*row, _rules(row.code, rules))))


def _in_full(code: str, rules: list[KqlRule]) -> dict[str, Any]:
    """The row of a type and its catalogue entry; for an unknown type, the mapping derived from its name."""
    known = plans().get(code)
    row = mapping(known or fallback(code))
    columns = dict(zip(COLUMNS, (*row, _rules(code, rules)), strict=True))
    return columns | {"entry": entries()[code] if known else "none: mapped by its name"}


def _rules(code: str, rules: list[KqlRule]) -> str:
    return " ".join(rule.name for rule in rules if rule.covers(code))
