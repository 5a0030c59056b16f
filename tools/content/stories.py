"""Test cases of all rules in one file of the forwarder, for `claude-siem splunk|sentinel verify`.

With the app's macros and lookups, so that `verify` can explain differences in an installation.
"""

import json
from datetime import UTC, datetime
from typing import Any

from forwarder.records import KeyFields
from tools.content.findings import COLUMNS
from tools.content.folder import Content, RuleTestCase
from tools.content.saved_searches import search_name
from tools.content.splunk_app import macros

PATH = "forwarder/siem/stories.json.xz"
NOW = datetime(2026, 4, 15, 12, 0, tzinfo=UTC)
"""The time at which the test cases are evaluated."""


def stories_file(content: Content) -> dict[str, str]:
    """Path from the project's root and text."""
    document = {
        "now": int(NOW.timestamp()),
        "splunk": {
            "macros": {name: stanza["definition"] for name, stanza in macros(content).items()},
            "columns": COLUMNS,
            "lookups": {lookup.name: lookup.text for lookup in content.lookups},
            "titles": {detection.folder: search_name(detection.rule) for detection in content.detections},
        },
        "sentinel": {"ids": {detection.folder: str(detection.rule.id) for detection in content.detections}},
        "stories": {
            detection.folder: [_test_case(test_case) for test_case in detection.test_cases]
            for detection in content.detections
        },
    }
    return {PATH: json.dumps(document, separators=(",", ":"), ensure_ascii=False) + "\n"}


def _test_case(test_case: RuleTestCase) -> dict[str, Any]:
    return {
        "name": test_case.name,
        "lookups": test_case.lookups,
        "events": [_event(json.loads(line)) for line in test_case.events.splitlines()],
        "rows": json.loads(test_case.rows),
    }


def _event(fixture: dict[str, Any]) -> list[Any]:
    key_fields = [fixture["key_fields"][name] for name in KeyFields._fields]
    return [fixture["stream"], key_fields, fixture["event"]]
