"""`python -m tools.sizes ARCHIVE PEOPLE DAYS`: what the events of an archive weigh in each SIEM, as a table.

Splunk's licence counts the event as indexed, without the fields beside it; Sentinel bills the row's columns, which its
JSON comes near to.
"""

import argparse
import sys
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import orjson

from forwarder.detect.history import classify, events
from forwarder.records import Stream
from forwarder.sinks.sentinel import row

GB = 1_000_000_000
MONTH = 30


class Weight(NamedTuple):
    """All events of one stream."""

    events: int = 0
    splunk: int = 0
    sentinel: int = 0

    def with_one(self, splunk: int, sentinel: int) -> "Weight":
        """One event more, of so many bytes."""
        return Weight(self.events + 1, self.splunk + splunk, self.sentinel + sentinel)


def weighed(archive: Path) -> dict[Stream, Weight]:
    """The weight of each stream. Raises `Misconfigured` for what cannot be read."""
    found: dict[Stream, Weight] = {}
    for event in events([archive]):
        if classified := classify(event):
            body = orjson.dumps(event)
            key_fields, stream = classified
            found[stream] = found.get(stream, Weight()).with_one(len(body), len(row(key_fields, body)))
    return found


def table(weights: dict[Stream, Weight], people: int, days: int) -> list[str]:
    """A line a stream, and what a month of so many people is."""
    lines = [
        "| stream | events a person and month | bytes in Splunk | bytes in Sentinel |",
        "| --- | --: | --: | --: |",
    ]
    share = MONTH / days / people
    for stream, held in sorted(weights.items()):
        each = f"{held.splunk / held.events:,.0f} | {held.sentinel / held.events:,.0f}"
        lines.append(f"| {stream} | {held.events * share:,.1f} | {each} |")
    total = Counter({name: sum(getattr(held, name) for held in weights.values()) for name in ("splunk", "sentinel")})
    lines += ["", "| people | GB a month in Splunk | GB a month in Sentinel |", "| --: | --: | --: |"]
    for many in (100, 1_000, 10_000):
        shares = (total[name] * share * many / GB for name in ("splunk", "sentinel"))
        lines.append(f"| {many:,} | {' | '.join(f'{gigabytes:,.2f}' for gigabytes in shares)} |")
    return lines


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("archive", type=Path)
    parser.add_argument("people", type=int)
    parser.add_argument("days", type=int)
    arguments = parser.parse_args()
    sys.stdout.write("\n".join(table(weighed(arguments.archive), arguments.people, arguments.days)) + "\n")


if __name__ == "__main__":
    main()
