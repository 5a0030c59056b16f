"""Small builders for the tests of this room: records, a receipt, every actor, every documented type."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from forwarder import simulator
from forwarder.records import Event, Receipt, Record, event_uid, namespace

RECEIPT = Receipt(logged_ms=1_781_000_030_000, instance="inst_0001")
TIME_MS = 1_781_000_000_123
CREATED_AT = "2026-06-09T10:13:20.123456Z"

ACTORS: dict[str, dict[str, Any]] = {
    "user_actor": {"email_address": "ada@example.com", "user_id": "user_01Ada"},
    "unauthenticated_user_actor": {"unauthenticated_email_address": "eve@example.com"},
    "api_actor": {"api_key_id": "apikey_01Rj"},
    "admin_api_key_actor": {"admin_api_key_id": "apikey_01Adm"},
    "service_account_actor": {"service_account_id": "svac_01Hk"},
    "anthropic_actor": {"email_address": None},
    "system_actor": {"service": "retention"},
    "scim_directory_sync_actor": {
        "directory_id": "directory_01",
        "workos_event_id": "event_01",
        "idp_connection_type": "OktaSCIMV2",
    },
    "federated_identity_actor": {"issuer": "https://idp.example", "subject": "repo:ci", "audience": ["claude"]},
    "federated_actor": {"provider": {"type": "aws", "account_id": "1234"}, "subject": "role/ci"},
    "attested_device_actor": {"external_client_id": "client_01", "kid_hash": "ab12"},
}
WITHOUT_ADDRESS = {"anthropic_actor", "system_actor", "scim_directory_sync_actor"}


def actor(kind: str = "user_actor", **fields: Any) -> dict[str, Any]:
    """One documented actor, with an address where that variant has one."""
    where = {} if kind in WITHOUT_ADDRESS else {"ip_address": "192.0.2.34", "user_agent": "Mozilla/5.0"}
    return {"type": kind, **ACTORS[kind], **where, **fields}


def activity(code: str, **fields: Any) -> dict[str, Any]:
    """One Activity Feed row of the type `code`."""
    return {
        "id": f"activity_{code}",
        "created_at": CREATED_AT,
        "organization_id": "org_01",
        "organization_uuid": "abcdef01-2345-6789-abcd-ef0123456789",
        "actor": actor(),
        "type": code,
        **fields,
    }


def record(fields: dict[str, Any], time_ms: int = TIME_MS) -> Record:
    uid = event_uid(namespace("activity"), str(fields.get("id")))
    return Record("activities", uid, time_ms, fields)


def body(event: Event) -> dict[str, Any]:
    """The event as a reader parses it."""
    parsed: dict[str, Any] = json.loads(event.body)
    return parsed


@cache
def documented() -> dict[str, Any]:
    """Every documented activity type: its fields (`null`: only the name is known) and sets of values.

    The simulator's table names its source.
    """
    path = Path(simulator.__file__).with_name("activity_types.json")
    listed = json.loads(path.read_text())["activities"]
    return dict(listed)


def example(code: str) -> dict[str, Any]:
    """A row of a documented type with every documented field filled."""
    entry = documented()[code]
    fields: dict[str, Any] = {}
    for path, kind in (entry["fields"] or {}).items():
        if "{}" not in path:
            _put(fields, path, _value(path, kind, entry.get("enums", {})))
    return activity(code, **fields)


def _put(fields: dict[str, Any], path: str, value: Any) -> None:
    """Sets `a.b` or `a[].b`. An inner field waits for its parent, which the documentation lists first."""
    *parents, last = path.split(".")
    place: Any = fields
    for parent in parents:
        name = parent.removesuffix("[]")
        if not isinstance(place.get(name), dict | list):
            place[name] = [{}] if parent.endswith("[]") else {}
        place = place[name]
        if isinstance(place, list):
            if not place or not isinstance(place[0], dict):
                place[:] = [{}]
            place = place[0]
    if not isinstance(place.get(last), dict | list):
        place[last] = value


def _value(path: str, kind: str, enums: dict[str, list[Any]]) -> Any:
    if path in enums:
        return enums[path][0]
    if kind.startswith("array<object"):
        return [{}]
    if kind.startswith("array"):
        return [7] if "number" in kind else ["one", "two"]
    if kind.startswith(("object", "map")):
        return {}
    if kind.startswith("boolean"):
        return True
    if kind.startswith(("number", "integer")):
        return 201
    return "someone@example.com" if "email" in path else f"{path.split('.')[-1]}_01"
