"""What events weigh in Microsoft Sentinel. `python -m tests.packages.sentinel_cost` writes it into docs/sentinel.md.

Bytes are measured on the rows of all samples. Azure bills the text of a row's columns, without their names (Azure
Monitor: cost calculations and options). How many rows a person makes is assumed, and said so.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import orjson

from forwarder.records import STREAMS, Stream
from forwarder.sinks.sentinel import TABLES, row
from tests.ocsf.samples import MAKERS, event_of, inputs
from tests.packages.solution import RULES

PAGE = Path(__file__).parent.parent.parent / "docs" / "sentinel.md"
USERS = (100, 1_000, 10_000)
GIGABYTE = 1_000_000_000
WORKDAYS = 22


class Kind(NamedTuple):
    """A kind of row: where its samples are, and how many of it a month brings."""

    name: str
    stream: Stream
    folders: tuple[str, ...]
    """Of `samples/`; none: every theme of the Activity Feed."""
    each: float
    """Rows a person and month."""
    fixed: float
    """Rows a month, whoever is there."""
    assumed: str


KINDS = (
    Kind("activities", "activity", (), 30 * WORKDAYS, 0, "30 a person and working day"),
    Kind("members", "activity", ("user-list",), 30, 0, "a row a person and day"),
    Kind("API keys", "activity", ("api-key-list",), 6, 0, "a key for five people, a row a day"),
    Kind("the forwarder's health", "activity", ("forwarder",), 0, 12 * 24 * 30, "a row every five minutes"),
    Kind("token buckets", "usage", ("usage",), 0.3 * 6 * WORKDAYS, 0, "six hours a day of three people in ten"),
    Kind("Claude Code a day", "usage", ("claude-code-usage",), 0.3 * WORKDAYS, 0, "three people in ten"),
    Kind(
        "telemetry of agents",
        "agent",
        ("claude-code-telemetry", "cowork", "office-agents"),
        0.3 * 400 * WORKDAYS,
        0,
        "400 events a working day of three people in ten",
    ),
)


def billed(event_row: bytes) -> int:
    """Bytes of a row that count: the text of its columns."""
    return sum(len(_text(value)) for value in orjson.loads(event_row).values())


def _text(value: object) -> bytes:
    return value.encode() if isinstance(value, str) else orjson.dumps(value)


def weights() -> dict[str, list[int]]:
    """Billed bytes of the samples of each kind."""
    found: dict[str, list[int]] = defaultdict(list)
    for source in inputs():
        folder = source.parent.name
        event = event_of(source)
        size = billed(row(event.pivots, event.body))
        for kind in KINDS:
            if folder in kind.folders or (not kind.folders and folder not in {*MAKERS, "unknown"}):
                found[kind.name].append(size)
    return found


def tables() -> str:
    """The three tables: what a row weighs, what a month brings, and which rules a table's plan decides on."""
    return "\n\n".join("\n".join(table) for table in (_rows(), _months(), _plans()))


def _rows() -> Iterator[str]:
    yield "| rows | table | bytes each, mean | largest sample | assumed |"
    yield "| --- | --- | --- | --- | --- |"
    found = weights()
    for kind in KINDS:
        sizes = found[kind.name]
        mean = sum(sizes) / len(sizes)
        yield f"| {kind.name} | `{TABLES[kind.stream]}` | {mean:,.0f} | {max(sizes):,} | {kind.assumed} |"


def _months() -> Iterator[str]:
    head = " | ".join(f"{users:,} people" for users in USERS)
    yield f"| GB a month | {head} |"
    yield "| --- |" + " --- |" * len(USERS)
    found = weights()
    for stream in STREAMS:
        kinds = [kind for kind in KINDS if kind.stream == stream]
        if kinds:
            months = [sum(_gigabytes(kind, found[kind.name], users) for kind in kinds) for users in USERS]
            yield f"| `{TABLES[stream]}` | " + " | ".join(f"{month:.2f}" for month in months) + " |"


def _gigabytes(kind: Kind, sizes: list[int], users: int) -> float:
    return (kind.each * users + kind.fixed) * (sum(sizes) / len(sizes)) / GIGABYTE


def _plans() -> Iterator[str]:
    yield "| table | rules that read it, and are left out when its plan is Basic |"
    yield "| --- | --- |"
    for table in TABLES.values():
        readers = sum(table in rule["requiredDataConnectors"][0]["dataTypes"] for rule in RULES.values())
        yield f"| `{table}` | {readers} of {len(RULES)} |"


def page(text: str) -> str:
    """The page with the tables of today between its marks."""
    return re.sub(
        r"(<!-- cost -->\n).*?(<!-- /cost -->)", lambda mark: f"{mark[1]}\n{tables()}\n\n{mark[2]}", text, flags=re.S
    )


def main() -> None:
    """Writes the page."""
    PAGE.write_text(page(PAGE.read_text()))


if __name__ == "__main__":
    main()
