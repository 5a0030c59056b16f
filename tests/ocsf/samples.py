"""The samples: real-shaped inputs and the events made of them, three a theme. Documentation that tests run.

`python -m tests.ocsf.samples` makes every `.ocsf.json` anew from its `.input.json`.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from forwarder.identity import event_uid, namespace
from forwarder.ocsf import normalise
from forwarder.ocsf.health import health_event
from forwarder.ocsf.inventory import api_key_event
from forwarder.ocsf.times import milliseconds
from forwarder.ocsf.usage import usage_event
from forwarder.records import Event, Receipt, Record

ROOT = Path(__file__).parents[2] / "samples"
LOGGED_MS = 1_781_002_800_000
RECEIPT = Receipt(LOGGED_MS, "inst_0001")


def _activity(fields: dict[str, Any]) -> Event:
    time_ms = milliseconds(fields["created_at"])
    assert time_ms is not None
    return normalise(Record("activities", event_uid(namespace("activity"), fields["id"]), time_ms, fields), RECEIPT)


def _usage(row: dict[str, Any]) -> Event:
    return usage_event(row["bucket"], row["result"], RECEIPT, LOGGED_MS)


def _api_key(key: dict[str, Any]) -> Event:
    return api_key_event(key, "2026-06-09", RECEIPT)


def _health(report: dict[str, Any]) -> Event:
    uid = event_uid(namespace("forwarder"), f"inst_0001/{report['kind']}")
    return health_event(report["kind"], report["figures"], LOGGED_MS, uid, RECEIPT)


MAKERS: dict[str, Callable[[dict[str, Any]], Event]] = {
    "usage": _usage,
    "api-key-inventory": _api_key,
    "forwarder": _health,
}
"""Themes that are no Activity Feed rows."""


def inputs() -> list[Path]:
    """Every sample input, in order."""
    return sorted(ROOT.glob("*/*.input.json"))


def output(source: Path) -> Path:
    """Where the event of an input stands."""
    return source.with_name(source.name.replace(".input.json", ".ocsf.json"))


def made(source: Path) -> str:
    """The event of an input, as its file holds it."""
    maker = MAKERS.get(source.parent.name, _activity)
    event = json.loads(maker(json.loads(source.read_text(encoding="utf-8"))).body)
    return json.dumps(event, indent=2, ensure_ascii=False) + "\n"


def main() -> None:
    """Writes every output anew."""
    for source in inputs():
        output(source).write_text(made(source), encoding="utf-8")


if __name__ == "__main__":
    main()
