"""A dead letter as people and machines read it. Its bytes are shown only when it is shown whole.

Invariant: one line each and no control characters: what a dead letter holds came from outside.
"""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from forwarder.printable import printable, printable_json
from forwarder.redaction import redact, redact_all
from forwarder.store import KeptDeadLetter

COLUMNS = ("id", "when", "source", "refused_by", "reason", "uid", "detail")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def fields(kept: KeptDeadLetter) -> dict[str, Any]:
    """Its fields without its bytes; `uid` is the source's own id where the bytes hold one."""
    dead_letter = kept.dead_letter
    when = (_EPOCH + timedelta(microseconds=kept.at_us)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    refusal = (dead_letter.refused_by, dead_letter.reason, _source_id(kept), dead_letter.detail)
    return dict(zip(COLUMNS, (kept.id, when, dead_letter.source, *refusal), strict=True))


def line(kept: KeptDeadLetter) -> str:
    """One line, tab-separated, whole."""
    return "\t".join(map(_shown, fields(kept).values()))


def json_line(kept: KeptDeadLetter, *, body: bool = False) -> str:
    """One line of JSON; with `body` the bytes as they are: an object, or text where they are no JSON."""
    shown = redact_all(fields(kept))
    if body:
        shown["body"] = _raw(kept.dead_letter.body)
    return printable_json(orjson.dumps(shown).decode())


def page(kept: KeptDeadLetter) -> str:
    """All of a dead letter, a line a field, its bytes indented."""
    lines = [f"{name}: {_shown(value)}" for name, value in fields(kept).items()]
    return "\n".join([*lines, "body:", *(printable(part) for part in _indented(kept.dead_letter.body).split("\n"))])


def _shown(value: object) -> str:
    return "" if value is None else printable(redact(str(value)))


def _raw(body: bytes) -> orjson.Fragment | str:
    try:
        orjson.loads(body)
    except orjson.JSONDecodeError:
        return body.decode("utf-8", "replace")
    return orjson.Fragment(body)


def _indented(body: bytes) -> str:
    try:
        return json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return body.decode("utf-8", "replace")


def _source_id(kept: KeptDeadLetter) -> str | None:
    own = None
    try:
        held = orjson.loads(kept.dead_letter.body)
        own = held["metadata"]["original_event_uid"] if kept.event else held["id"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        pass
    return own if isinstance(own, str) else kept.dead_letter.uid
