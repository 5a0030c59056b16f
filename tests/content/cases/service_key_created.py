"""Test cases of the rule "Service account key created"."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from tests.content.case import NOON, Mutation, RuleTestCase, exclusion
from tests.content.records import ADMIN, Collected, activity, arriving, at, key_actor
from tests.content.records_key_inventory import key_differs
from tests.content.records_key_use import KEY, as_listed, made
from tests.content.reference import DAY, FRESH, NOW_S, RuleEvent, excluded

RULE = "keys/service-key-created"

ACCOUNT = {"type": "service_account", "id": "svac_01Ci"}


def _key(time: datetime = NOON, **fields: Any) -> Collected:
    """A key for the service that reads invoices."""
    record_fields = {
        "is_service_created": True,
        "service_name": "invoice-reader",
        "key_name": "nightly",
        "service_key_id": KEY,
    }
    return activity("service_key_created", **{"actor": ADMIN, "time": time, **record_fields, **fields})


def _listed(before: dict[str, Any] | None = None, **fields: Any) -> Collected:
    """The list shows a key that works for a service account."""
    return key_differs(before, as_listed(KEY, principal=ACCOUNT, **fields), NOON)


def test_cases() -> Iterator[RuleTestCase]:
    """What fires, and what does not."""
    yield RuleTestCase("fires.for-a-service", [_key(scopes=["write:files", "read:files"])])
    yield RuleTestCase("quiet.excluded-service", [_key()], exclusion(RULE, "invoice-reader"))
    yield RuleTestCase("fires.for-a-service-account-by-the-list", [_listed()])
    newer = {"type": "service_account_actor", "service_account_id": "svac_01Ci"}
    yield RuleTestCase(
        "fires.for-a-service-account-by-the-newer-list", [key_differs(None, as_listed(KEY, principal=newer), NOON)]
    )
    unnamed: list[dict[str, Any]] = [{}, {"service_key_id": None}]
    yield RuleTestCase(
        "fires.two-by-a-key-one-without-a-name",
        [_key(number=n, actor=key_actor("apikey_01Ops"), **names) for n, names in enumerate(unnamed)],
    )
    yield RuleTestCase("fires.collected-two-days-late", [_key(at("04-13 14:00"), collected=NOON)])
    yield RuleTestCase("quiet.for-a-person", [made(KEY, NOON), key_differs(None, as_listed(KEY), NOON)])
    yield RuleTestCase("quiet.renamed", [_listed(before=as_listed(KEY, principal=ACCOUNT, name="other"))])
    revoked: dict[str, Any] = {"service_name": "invoice-reader", "service_key_id": KEY}
    yield RuleTestCase("quiet.revoked", [activity("service_key_revoked", ADMIN, NOON, **revoked)])
    yield RuleTestCase("fires.the-same-row-twice", [_key(collected=at("04-15 11:40")), _key()])
    yield RuleTestCase("quiet.collected-two-hours-ago", [_key(at("04-15 09:59"))])
    yield RuleTestCase("fires.arrived-two-days-late", [arriving(_key(at("04-13 14:00")), NOON)])
    yield RuleTestCase("quiet.backfilled", [_key(backfilled=True)])
    yield RuleTestCase(
        "fires.excluded-from-another-rule", [_key()], exclusion("keys/dormant-key-awakened", "invoice-reader")
    )


def reference(events: Sequence[RuleEvent], lookups: Mapping[str, str]) -> list[dict[str, Any]]:
    """Each key that is a service's in the feed, or a service account's in the list."""
    rows = []
    for e in events:
        listed = e.code == "api_key.created" and e.get("entity.user.type_id") == 4
        service = e.get("entity.data.service_name") or e.get("entity.user.uid")
        wanted = (e.code == "service_key_created" or listed) and service not in excluded(lookups, RULE)
        if wanted and not e.backfilled and e.arrived >= FRESH and e.time >= NOW_S - 5 * DAY:
            named = {"key": e.object_uid, "key_name": e.get("entity.name"), "service": service}
            scopes = ", ".join(sorted(e.get("entity.data.scopes") or ()))
            where = {"src_ip": e.src_ip, "user_agent": e.get("http_request.user_agent")}
            rows.append({**named, **where, "scopes": scopes, "made_by": e.user or e.actor_uid, "made_at": e.time})
    return rows


MUTATIONS = (
    Mutation(
        "keys of service accounts do not count",
        ("tolong(entity.user.type_id) == 4", "tolong(entity.user.type_id) == 1"),
        ("entity.user.type_id=4", "entity.user.type_id=1"),
        ("fires.for-a-service-account-by-the-list", "quiet.for-a-person"),
    ),
)
"""Mutants that are not generated."""
