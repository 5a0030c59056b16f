"""What must fire and what must not, rule by rule: `python -m tests.content.fixtures [RULE]` writes it beside the rules.

Each story is a list of collected events and, where it matters, a lookup filled in. The expected rows are written
with it: a reader checks them in the diff, a test holds both languages to them.
"""

import json
import sys
from pathlib import Path

from tests.content.case import Case, Story, cases
from tests.content.execute import ROOT, Kql
from tests.content.records import NOW, Collected


def inputs(case: Case) -> dict[Path, str]:
    """Path and text of what goes in: events, and lookups that are filled in."""
    made: dict[Path, str] = {}
    folder = ROOT / case.rule
    for story in case.stories:
        made[folder / f"{story.name}.jsonl"] = "".join(_line(collected) for collected in story.events)
        for lookup, text in story.lookups.items():
            made[folder / f"{story.name}.{lookup}.csv"] = text
    return made


def expectations(case: Case) -> dict[Path, Story]:
    """Where the rows of each story that fires stand."""
    return {ROOT / case.rule / f"{story.name}.expect.json": story for story in case.stories if story.fires}


def on_disk(rule: str) -> set[Path]:
    """The fixture files that are there."""
    return {path for path in (ROOT / rule).iterdir() if path.name.startswith(("fires.", "quiet."))}


def _line(collected: Collected) -> str:
    event = collected.event
    fixture = {
        "stream": event.stream,
        "source": collected.source,
        "pivots": event.key_fields._asdict(),
        "event": json.loads(event.body),
    }
    return json.dumps(fixture) + "\n"


def main() -> None:
    """Write the files; those of stories that are gone go too."""
    for rule in sys.argv[1:] or cases():
        case = cases()[rule]
        made, query = inputs(case), (ROOT / rule / "query.kql").read_text()
        for path, story in expectations(case).items():
            rows = Kql(story.events, story.lookups).rows(query, NOW)
            made[path] = json.dumps(rows, indent=1, sort_keys=True) + "\n"
        for path in on_disk(rule) - made.keys():
            path.unlink()
        for path, text in made.items():
            path.write_text(text)


if __name__ == "__main__":
    main()
