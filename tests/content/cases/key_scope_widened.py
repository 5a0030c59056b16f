"""Test cases of the rule "API key or service account scope widened"."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from tests.content.case import NOON, Mutation, RuleTestCase, exclusion
from tests.content.records import ADMIN, Collected, activity, arriving, at
from tests.content.records_key_inventory import key_differs
from tests.content.records_key_use import KEY, as_listed, made
from tests.content.reference import DAY, FRESH, NOW_S, RuleEvent, excluded

RULE = "keys/key-scope-widened"

SANDBOX, LIVE = "wrkspc_01Sandbox", "wrkspc_01Live"
EVERYWHERE = {"type": "organization"}
ACCOUNT = "svac_01Ci"


def _in(workspace: str) -> dict[str, str]:
    return {"type": "workspace", "workspace_id": workspace}


def _scoped(before: dict[str, Any], after: dict[str, Any], time: datetime = NOON, **options: Any) -> Collected:
    """The list shows the key with another scope, in the newer shape of the API by default."""
    return key_differs(as_listed(KEY, **before), as_listed(KEY, **after), time, **options)


def _moved(before: str | None, after: str | None) -> Collected:
    """A move, in the feed."""
    update = {"type": "workspace", "previous_value": before, "current_value": after}
    return activity("platform_api_key_updated", ADMIN, NOON, api_key_id=KEY, updates=[update])


def _role(before: str, after: str, number: int = 0) -> Collected:
    update = {"type": "organization_role", "previous_value": before, "current_value": after}
    kind = "platform_service_account_updated"
    return activity(kind, ADMIN, NOON, number=number, service_account_id=ACCOUNT, updates=[update])


def test_cases() -> Iterator[RuleTestCase]:
    """What fires, and what does not."""
    opened = _scoped({"scope": _in(SANDBOX)}, {"scope": EVERYWHERE})
    yield RuleTestCase("fires.opened-to-the-organization", [opened])
    yield RuleTestCase("quiet.excluded-key", [opened], exclusion(RULE, KEY))
    yield RuleTestCase(
        "fires.opened-while-it-was-enabled",
        [_scoped({"scope": _in(SANDBOX), "status": "inactive"}, {"scope": EVERYWHERE, "status": "active"})],
    )
    yield RuleTestCase(
        "fires.opened-while-it-was-disabled",
        [_scoped({"scope": _in(SANDBOX)}, {"scope": EVERYWHERE, "status": "inactive"})],
    )
    yield RuleTestCase("quiet.closed-to-a-workspace", [_scoped({"scope": EVERYWHERE}, {"scope": _in(SANDBOX)})])
    yield RuleTestCase("fires.moved-by-the-feed", [_moved(SANDBOX, LIVE)])
    yield RuleTestCase("fires.moved-to-the-default-workspace", [_moved(SANDBOX, None)])
    yield RuleTestCase("fires.moved-by-the-list", [_scoped({"workspace_id": SANDBOX}, {"workspace_id": LIVE})])
    yield RuleTestCase("fires.moved-by-the-newer-list", [_scoped({"scope": _in(SANDBOX)}, {"scope": _in(LIVE)})])
    yield RuleTestCase("quiet.moved-out-of-the-default-workspace", [_moved(None, LIVE)])
    yield RuleTestCase(
        "quiet.the-same-workspace-in-the-newer-shape", [_scoped({"workspace_id": LIVE}, {"scope": _in(LIVE)})]
    )
    yield RuleTestCase("quiet.renamed", [_scoped({"workspace_id": LIVE}, {"workspace_id": LIVE, "name": "other"})])
    everywhere = {"scope": EVERYWHERE}
    yield RuleTestCase(
        "quiet.renamed-where-it-reaches-everything", [_scoped(everywhere, {**everywhere, "name": "other"})]
    )
    yield RuleTestCase("fires.a-service-account-raised", [_role("developer", "admin"), _role("admin", "owner", 1)])
    yield RuleTestCase("quiet.a-service-account-lowered", [_role("admin", "developer")])
    yield RuleTestCase(
        "quiet.a-key-that-comes-and-one-that-goes",
        [
            made(KEY, NOON),
            key_differs(None, as_listed("apikey_01New", workspace_id=LIVE), NOON),
            key_differs(as_listed("apikey_01Gone", workspace_id=LIVE), None, NOON),
        ],
    )
    removed: dict[str, Any] = {"federation_rule_id": "fedrule_01Deploy", "workspace_id": LIVE}
    yield RuleTestCase(
        "quiet.a-federation-rule-withdrawn-from-a-workspace",
        [activity("platform_federation_rule_workspace_removed", ADMIN, NOON, **removed)],
    )
    yield RuleTestCase(
        "fires.collected-two-days-late",
        [_scoped({"scope": _in(LIVE)}, {"scope": EVERYWHERE}, at("04-13 14:00"), collected=NOON)],
    )
    yield RuleTestCase("fires.the-same-row-twice", [opened, opened])
    yield RuleTestCase(
        "quiet.collected-two-hours-ago", [_scoped({"scope": _in(LIVE)}, {"scope": EVERYWHERE}, at("04-15 10:00"))]
    )
    late = _scoped({"scope": _in(LIVE)}, {"scope": EVERYWHERE}, at("04-13 14:00"))
    yield RuleTestCase("fires.arrived-two-days-late", [arriving(late, NOON)])
    yield RuleTestCase("quiet.backfilled", [_scoped({"scope": _in(LIVE)}, {"scope": EVERYWHERE}, backfilled=True)])
    yield RuleTestCase("fires.excluded-from-another-rule", [opened], exclusion("keys/dormant-key-awakened", KEY))


def reference(events: Sequence[RuleEvent], lookups: Mapping[str, str]) -> list[dict[str, Any]]:
    """A key goes from a workspace to the organization, or to another workspace; its account becomes admin or owner."""
    rows = []
    for e in events:
        fresh = e.arrived >= FRESH and e.time >= NOW_S - 5 * DAY
        reports_change = e.code.startswith("api_key.") or e.code in (
            "platform_api_key_updated",
            "platform_service_account_updated",
        )
        if (
            not reports_change
            or e.activity_id not in (3, 8, 9)
            or e.backfilled
            or not fresh
            or e.object_uid in excluded(lookups, RULE)
        ):
            continue
        was, now = e.get("entity.data") or {}, e.get("entity_result.data") or {}
        old, new = _workspace(was), _workspace(now) or "default"
        if (_scope(was), _scope(now)) == ("workspace", "organization"):
            change = {"widened": "organization", "before": old, "after": "organization"}
        elif old and old != new:
            change = {"widened": "workspace", "before": old, "after": new}
        elif now.get("organization_role") in ("admin", "owner"):
            change = {"widened": "role", "before": was.get("organization_role"), "after": now["organization_role"]}
        else:
            continue
        about = {"subject": e.object_uid, "object_type": e.object_type, "object_name": e.get("entity.name")}
        rows.append({**about, **change, "changed_by": e.user or e.actor_uid, "changed_at": e.time, "src_ip": e.src_ip})
    return rows


def _scope(data: dict[str, Any]) -> str | None:
    return (data.get("scope") or {}).get("type")


def _workspace(data: dict[str, Any]) -> str | None:
    return data.get("workspace") or (data.get("scope") or {}).get("workspace_id") or data.get("workspace_id")


MUTATIONS = (
    Mutation(
        "from the organization to the organization",
        ("tostring(was.scope.type) == 'workspace' and ", ""),
        ("'entity.data.scope.type'=\"workspace\" AND ", ""),
        ("quiet.renamed-where-it-reaches-everything",),
    ),
    Mutation(
        "any other scope is the organization",
        (" and tostring(is.scope.type) == 'organization'", ""),
        (" AND 'entity_result.data.scope.type'=\"organization\"", ""),
        ("fires.moved-by-the-newer-list",),
    ),
    Mutation(
        "any workspace is another one",
        (" and old_workspace != new_workspace", ""),
        (" AND old_workspace!=new_workspace", ""),
        ("quiet.renamed",),
    ),
    Mutation(
        "any role is a high one",
        ("tostring(is.organization_role) in ('admin', 'owner')", "isnotempty(tostring(is.organization_role))"),
        ('in(coalesce(new_role, "none"), "admin", "owner")', "isnotnull(new_role)"),
        ("quiet.a-service-account-lowered",),
    ),
)
"""Mutants that are not generated."""
