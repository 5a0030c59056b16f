"""Writes the fixtures of the rules: `python -m tests.content.fixtures [RULE]`.

A test case is a list of collected events and, if needed, a lookup with rows. The expected rows are written with it.
A reviewer checks them in the diff, and a test requires them from both languages.
"""

import json
import sys
from pathlib import Path

from tests.content.case import RuleTestCase, RuleTests, cases
from tests.content.execute import ROOT, Kql
from tests.content.records import NOW, Collected


def inputs(case: RuleTests) -> dict[Path, str]:
    """Path and text of the inputs: events, and lookups with rows."""
    made: dict[Path, str] = {}
    folder = ROOT / case.rule
    for test_case in case.test_cases:
        made[folder / f"{test_case.name}.jsonl"] = "".join(_line(collected) for collected in test_case.events)
        for lookup, text in test_case.lookups.items():
            made[folder / f"{test_case.name}.{lookup}.csv"] = text
    return made


def expectations(case: RuleTests) -> dict[Path, RuleTestCase]:
    """Path of the expected rows of each firing test case."""
    return {
        ROOT / case.rule / f"{test_case.name}.expect.json": test_case
        for test_case in case.test_cases
        if test_case.fires
    }


def on_disk(rule: str) -> set[Path]:
    """The fixture files on disk."""
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
    """Writes the files, and removes those of deleted test cases."""
    for rule in sys.argv[1:] or cases():
        case = cases()[rule]
        made, query = inputs(case), (ROOT / rule / "query.kql").read_text()
        for path, test_case in expectations(case).items():
            rows = Kql(test_case.events, test_case.lookups).rows(query, NOW)
            made[path] = json.dumps(rows, indent=1, sort_keys=True) + "\n"
        for path in on_disk(rule) - made.keys():
            path.unlink()
        for path, text in made.items():
            path.write_text(text)


if __name__ == "__main__":
    main()
