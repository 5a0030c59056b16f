"""Of what a row of a report tells: its group values, and the identity made of them.

Invariant: a figure that is re-stated keeps its uid, and rows of a bucket that differ in a dimension never share one.

A field of the table is what the table says. One that it does not know, because the API has it since yesterday, is a
dimension if it is a word or true or false, and a figure if it is a number, written as text too (as money is), an
instant or a list; an object is asked field by field. Nulls and empty texts are no values: a dimension that is not
grouped by is null in every row. When a dimension appears, rows that have a value in it get another uid: a bucket that
was read before and after is told twice, as it is when it is grouped otherwise.
"""

import re
from collections.abc import Iterator
from typing import Any

from forwarder.identity import event_uid, namespace
from forwarder.ocsf.admin.reading import Fields, canonical
from forwarder.ocsf.admin.reports import Report, report
from forwarder.ocsf.core.values import clean, clean_object, milliseconds
from forwarder.records import UsageRecord

_SPACE = namespace("usage")
_NUMBER = re.compile(r"[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)(e[-+]?[0-9]+)?|[-+]?(nan|inf|infinity)", re.IGNORECASE)


def usage_uid(figure: UsageRecord) -> str:
    """The uid of a figure's event. Raises `Reject` for a report that nobody knows, and for nothing else."""
    return uid_of(figure, report(figure.source), clean_object(dict(figure.fields)))


def uid_of(figure: UsageRecord, told: Report, fields: Fields) -> str:
    """Of the report, the bucket, the organization if known and the values that the cleaned row is grouped by."""
    place = [told.name, figure.time_ms, figure.end_ms, clean(figure.organization)]
    groups = sorted(group_values(told, fields), key=lambda group: (group[0], canonical(group[1])))
    return event_uid(_SPACE, canonical([*place, groups]).decode())


def group_values(told: Report, fields: Fields) -> Iterator[tuple[str, Any]]:
    """The row's dimensions: path and value."""
    for name, value in fields.items():
        if name in told.dimensions:
            yield name, value
        elif name not in told.figures:
            yield from _unknown(name, value)


def _unknown(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _unknown(f"{path}.{name}", inner)
    elif isinstance(value, bool) or (isinstance(value, str) and not _is_figure(value)):
        yield path, value


def _is_figure(text: str) -> bool:
    return _NUMBER.fullmatch(text) is not None or milliseconds(text) is not None
