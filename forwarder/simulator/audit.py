"""What the feed issued compared with what each destination holds, by the source's own ids."""

import gzip
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple


class DeliveryCount(NamedTuple):
    """Activities of the feed at one destination, by how they arrived."""

    delivered: int
    lost: int
    duplicated: int


def original_uid(event: Mapping[str, Any]) -> str | None:
    """The source's id of an event, a HEC envelope or a table row; `None`: the forwarder's own event."""
    event = event.get("event", event)
    uid = event["metadata"].get("original_event_uid")
    return uid if isinstance(uid, str) else None


def account(issued: Iterable[str], events: Iterable[Mapping[str, Any]]) -> DeliveryCount:
    """How the events of one destination compare with the ids that were issued."""
    held = Counter(uid for uid in map(original_uid, events) if uid is not None)
    lost = sum(1 for uid in issued if uid not in held)
    return DeliveryCount(len(held), lost, held.total() - len(held))


def archived(folder: Path) -> Iterator[dict[str, Any]]:
    """The events of an archive, in the order of the chain."""
    parts = sorted(folder.glob("*/part-*.ndjson.gz"))
    return (json.loads(line)["event"] for part in parts for line in gzip.open(part))
