"""Source records of API keys: as the list of keys shows them, as two lists differ, as the feed reports them."""

from datetime import datetime
from typing import Any

from forwarder.ocsf import normalize
from forwarder.records import InventoryChange, InventoryRecord
from tests.content.records import ADMIN, ORGANIZATION, Collected, activity, milliseconds, receipt

OWNER = "user_01Dana"
WORKSPACE = "wrkspc_01Batch"


def listed_key(key: str, **fields: Any) -> dict[str, Any]:
    """An API key as the Admin API shows it: active and without expiry by default."""
    owner = {"id": OWNER, "type": "user"}
    shown = {"id": key, "type": "api_key", "name": "batch", "created_at": "2025-11-01T00:00:00Z", "status": "active"}
    return {**shown, "created_by": owner, "principal": owner, "expires_at": None, "workspace_id": WORKSPACE, **fields}


def key_in_inventory(
    shown: dict[str, Any],
    time: datetime,
    *,
    collected: datetime | None = None,
    backfilled: bool = False,
    **derived: Any,
) -> Collected:
    """The day's inventory event of a key, with what was derived for it."""
    record = InventoryRecord("api_keys", milliseconds(time), shown, derived, ORGANIZATION)
    return Collected("api_keys", normalize(record, receipt(collected or time, backfilled)))


def key_differs(
    before: dict[str, Any] | None,
    after: dict[str, Any] | None,
    time: datetime,
    *,
    collected: datetime | None = None,
    backfilled: bool = False,
) -> Collected:
    """A key that came, changed or vanished between two lists, the second of them read at `time`."""
    change = InventoryChange("api_keys", milliseconds(time), after, before, 7, ORGANIZATION)
    return Collected("api_keys", normalize(change, receipt(collected or time, backfilled)))


def key_renamed(key: str, time: datetime) -> Collected:
    """The feed reports that a key has another name."""
    update = {"type": "name", "previous_value": "batch", "current_value": "nightly batch"}
    return activity("platform_api_key_updated", ADMIN, time, api_key_id=key, updates=[update])


def admin_key_actor(key: str, ip: str = "198.51.100.9") -> dict[str, Any]:
    """A key of the Admin API at work."""
    return {"type": "admin_api_key_actor", "admin_api_key_id": key, "ip_address": ip}
