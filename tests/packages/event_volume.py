"""What events weigh in each SIEM, written into docs/splunk.md and docs/sentinel.md by `make docs`.

Bytes are measured on all samples: Splunk's licence counts the event as it is indexed, without the fields beside it;
Azure bills the text of a row's columns, without their names (Azure Monitor: cost calculations and options). How many
events a person makes is an assumption, the same for both and stated on the pages.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import orjson

from forwarder.records import STREAMS, Event, Stream
from forwarder.sinks.sentinel import TABLES, row
from forwarder.sinks.splunk import SplunkSettings
from tests.ocsf.samples import MAKERS, event_of, inputs
from tests.packages.solution import RULES

DOCS = Path(__file__).parent.parent.parent / "docs"
USERS = (100, 1_000, 10_000)
GIGABYTE = 1_000_000_000
WORKDAYS = 22
Measure = Callable[[Event], int]


class Kind(NamedTuple):
    """A kind of row: where its samples are, and how many of it a month brings."""

    name: str
    stream: Stream
    folders: tuple[str, ...]
    """Of `samples/`; none: every theme of the Activity Feed."""
    each: float
    """Rows a person and month."""
    fixed: float
    """Rows per month, independent of the number of users."""
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


def indexed(event: Event) -> int:
    """Bytes that Splunk's licence counts."""
    return len(event.body)


def billed(event: Event) -> int:
    """Bytes that Azure bills: the text of the row's columns."""
    return sum(len(_text(value)) for value in orjson.loads(row(event.key_fields, event.body)).values())


def _text(value: object) -> bytes:
    return value.encode() if isinstance(value, str) else orjson.dumps(value)


def weights(measure: Measure) -> dict[str, list[int]]:
    """Bytes of the samples of each kind."""
    found: dict[str, list[int]] = defaultdict(list)
    for source in inputs():
        folder = source.parent.name
        for kind in KINDS:
            if folder in kind.folders or (not kind.folders and folder not in {*MAKERS, "unknown"}):
                found[kind.name].append(measure(event_of(source)))
    return found


def splunk_tables() -> str:
    """What an event weighs, and what a month brings."""
    settings = SplunkSettings(url="https://splunk.example:8088", token_file=Path("token"))
    return _joined(*_volume("index", {stream: settings.index_of(stream) for stream in STREAMS}, indexed))


def sentinel_tables() -> str:
    """The same, and which rules a table's plan decides on."""
    return _joined(*_volume("table", TABLES, billed), _plans())


def _joined(*tables: Iterator[str]) -> str:
    return "\n\n".join("\n".join(table) for table in tables)


def _volume(place: str, places: dict[Stream, str], measure: Measure) -> tuple[Iterator[str], Iterator[str]]:
    sizes = weights(measure)
    return _events(place, places, sizes), _months(places, sizes)


def _events(place: str, places: dict[Stream, str], sizes: dict[str, list[int]]) -> Iterator[str]:
    yield f"| events | {place} | bytes each, mean | largest sample | assumed |"
    yield "| --- | --- | --: | --: | --- |"
    for kind in KINDS:
        measured = sizes[kind.name]
        yield f"| {kind.name} | `{places[kind.stream]}` | {_mean(measured):,.0f} | {max(measured):,} | {kind.assumed} |"


def _months(places: dict[Stream, str], sizes: dict[str, list[int]]) -> Iterator[str]:
    head = " | ".join(f"{users:,} people" for users in USERS)
    yield f"| GB a month | {head} |"
    yield "| --- |" + " --: |" * len(USERS)
    for stream in dict.fromkeys(kind.stream for kind in KINDS):
        kinds = [kind for kind in KINDS if kind.stream == stream]
        months = [sum(_gigabytes(kind, _mean(sizes[kind.name]), users) for kind in kinds) for users in USERS]
        yield f"| `{places[stream]}` | " + " | ".join(f"{month:.2f}" for month in months) + " |"


def _mean(sizes: list[int]) -> float:
    return sum(sizes) / len(sizes)


def _gigabytes(kind: Kind, mean: float, users: int) -> float:
    return (kind.each * users + kind.fixed) * mean / GIGABYTE


def _plans() -> Iterator[str]:
    yield "| table | rules that read it, and are left out when its plan is Basic |"
    yield "| --- | --- |"
    for table in TABLES.values():
        readers = sum(table in rule["requiredDataConnectors"][0]["dataTypes"] for rule in RULES.values())
        yield f"| `{table}` | {readers} of {len(RULES)} |"


PAGES: dict[str, Callable[[], str]] = {"splunk.md": splunk_tables, "sentinel.md": sentinel_tables}


def page(name: str) -> str:
    """The page with the tables of today between its marks."""
    text = f"\n\n{PAGES[name]()}\n\n"
    return re.sub(r"(<!-- volume -->).*?(<!-- /volume -->)", lambda m: m[1] + text + m[2], _text_of(name), flags=re.S)


def stale() -> list[str]:
    """The pages whose tables are not those of today."""
    return [name for name in PAGES if page(name) != _text_of(name)]


def _text_of(name: str) -> str:
    return (DOCS / name).read_text()


def main() -> None:
    """Writes the pages."""
    for name in stale():
        (DOCS / name).write_text(page(name))


if __name__ == "__main__":
    main()
