"""An event as a row: the promoted columns, then the event's own attributes by name.

Facts (Azure Monitor limits): a column holds 64 KB, longer ones are cut without a word; so we cut them
ourselves, mark them, and say so in the row. Only events that could have such a column are parsed again.
"""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import orjson

from forwarder.records import Pivots

COLUMN_BYTES = 64 * 1024
CUT = "…[cut by claude-siem: the column is over 64 KB; other sinks hold the event whole]"
_KEPT_OF_A_CUT_COLUMN = 30 * 1024
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@lru_cache(maxsize=4096)
def timestamp(time_ms: int) -> str:
    """Milliseconds as Azure writes them; times before year 1 or after 9999 become the nearest it can hold."""
    seconds, ms = divmod(min(max(time_ms, -62_135_596_800_000), 253_402_300_799_999), 1000)
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S") + f".{ms:03d}Z"


def promoted(keys: Pivots) -> dict[str, Any]:
    """The columns that queries use first. `TimeGenerated` may be rewritten by Azure, `EventTime` never is."""
    time = timestamp(keys.time_ms)
    values = {
        "TimeGenerated": time,
        "EventTime": time,
        "CollectedTime": timestamp(keys.logged_ms),
        "EventUid": keys.uid,
        "EventCode": keys.event_code,
        "ActorUid": keys.actor_uid,
        "ActorName": keys.user,
        "ActorType": keys.actor_type,
        "SrcIp": keys.src_ip,
        "ObjectUid": keys.object_uid,
        "ObjectType": keys.object_type,
        "OrganizationUuid": keys.organization,
        "Model": keys.model,
        "TotalTokens": keys.tokens,
        "Revision": keys.revision,
    }
    return {name: value for name, value in values.items() if value is not None}


def row(keys: Pivots, body: bytes) -> bytes:
    """The row of one event, compact JSON."""
    head = orjson.dumps(promoted(keys))
    if len(body) <= COLUMN_BYTES:
        return head[:-1] + b"," + body[1:]
    attributes = _cut(orjson.loads(body))
    return head[:-1] + b"," + orjson.dumps(attributes)[1:]


def _cut(attributes: dict[str, Any]) -> dict[str, Any]:
    """Attributes within the limits of a column and of a request; what was cut is named in `unmapped`."""
    sizes = {name: len(orjson.dumps(value)) for name, value in attributes.items()}
    cut = [name for name, size in sizes.items() if size > COLUMN_BYTES]
    kept = dict(attributes)
    for name in cut:
        kept[name] = _shortened(attributes[name])
    unmapped = kept.get("unmapped")
    note = {"cut_columns": {name: sizes[name] for name in cut}}
    kept["unmapped"] = {**(unmapped if isinstance(unmapped, dict) else {}), "forwarder": note}
    return kept


def _shortened(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode()[:_KEPT_OF_A_CUT_COLUMN].decode("utf-8", "ignore") + CUT
    return {"cut": orjson.dumps(value)[:_KEPT_OF_A_CUT_COLUMN].decode("utf-8", "ignore") + CUT}
