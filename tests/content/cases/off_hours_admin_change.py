"""Test cases of the rule "Administrative change outside working hours"."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tests.content.case import CALENDAR, NOON, RuleTestCase, exclusion
from tests.content.records import Collected, activity, at, backfilled, key_actor, person
from tests.content.reference import DAY, NOW_S, RuleEvent, excluded
from tests.content.reference_off_hours import address_columns, first_and_last, kinds_first_seen

RULE = "off-hours/off-hours-admin-change"

EACH_KIND: tuple[tuple[str, dict[str, Any]], ...] = (
    ("admin_api_key_created", {"admin_api_key_id": "apikey_01Adm", "scopes": ["org:admin"]}),
    ("org_capability_grant_added", {"principal_id": "role_01", "grant_type": "code", "principal_type": "rbac_role"}),
    ("org_directory_sync_deleted", {}),
    ("org_domain_removed", {"domain": "example.com"}),
    ("org_external_key_deleted", {"external_key_id": "extkey_01"}),
    ("platform_federation_issuer_created", {"federation_issuer_id": "fediss_01"}),
    ("platform_federation_rule_created", {"federation_rule_id": "fedrule_01"}),
    ("inference_hooks_config_deleted", {}),
    ("org_magic_link_second_factor_toggled", {"enabled": False}),
    ("platform_oauth_app_created", {"oauth_app_id": "oauthapp_01"}),
    ("org_compliance_api_settings_updated", {}),
    ("rbac_role_created", {"role_id": "role_01", "role_name": "auditors"}),
    ("service_created", {"service_name": "reports"}),
    ("platform_service_account_created", {"service_account_id": "svac_01"}),
    ("platform_signing_key_created", {"signing_key_id": "signkey_01"}),
    ("org_sso_toggled", {"enabled": False}),
    ("platform_workspace_archived", {"workspace_id": "wrkspc_01"}),
    ("claude_user_role_updated", {"user_id": "user_02", "current_role": "admin", "previous_role": "user"}),
)
"""A change of each kind of object, as the feed has it."""


def _change(
    kind: str = "org_sso_toggled", time: str = "04-15 01:00", who: dict[str, Any] | None = None, **fields: Any
) -> Collected:
    fields.setdefault("collected", NOON)
    return activity(kind, who or person("lena"), at(time), **fields)


def test_cases() -> Iterator[RuleTestCase]:
    """What fires, and what does not."""
    sso_off = _change(enabled=False)
    yield RuleTestCase("fires.single-sign-on-switched-off", [sso_off, sso_off])
    yield RuleTestCase(
        "fires.a-change-of-each-kind",
        [_change(kind, f"04-15 01:{n:02}", **fields) for n, (kind, fields) in enumerate(EACH_KIND)],
    )
    elsewhere = person("lena", "203.0.113.80")
    yield RuleTestCase(
        "fires.one-change-collected-long-ago-and-one-just-now",
        [
            _change(time="04-14 22:30", enabled=False, collected=at("04-14 22:31")),
            _change("rbac_role_deleted", "04-15 05:59", elsewhere, role_id="role_01"),
        ],
    )
    yield RuleTestCase(
        "fires.on-a-holiday-of-their-own",
        [_change(time="04-15 11:00", enabled=False), _change(time="04-15 11:10", who=person("mateo"), enabled=False)],
        {"claude_calendar": f"{CALENDAR}lena@example.com,2026-04-01,2026-05-01,120,480,1080,1245\n"},
    )
    yield RuleTestCase(
        "fires.excluded-from-another-rule",
        [sso_off],
        exclusion("off-hours/off-hours-activity", "lena@example.com", "on call"),
    )
    yield RuleTestCase("quiet.by-day", [_change(time="04-15 06:00", enabled=False)])
    yield RuleTestCase(
        "quiet.what-is-no-change-of-the-organization",
        [
            _change(
                "role_assignment_granted", resource_type="claude_project", resource_id="claude_proj_01", role="editor"
            ),
            _change("org_external_key_validated", external_key_id="extkey_01", validation_result="success"),
            _change("admin_request_created"),
            _change("inference_hooks_request_denied"),
            _change("platform_agent_created", agent_id="agent_01"),
            _change("claude_chat_created", claude_chat_id="claude_chat_01"),
            _change("compliance_api_accessed", api_key_id="apikey_01", request_method="GET"),
        ],
    )
    yield RuleTestCase("quiet.a-key-at-work", [_change(who=key_actor("apikey_01Terraform"), enabled=False)])
    yield RuleTestCase("quiet.collected-two-hours-ago", [_change(enabled=False, collected=at("04-15 10:00"))])
    yield RuleTestCase("fires.a-day-late", [_change(time="04-14 01:00", enabled=False)])
    yield RuleTestCase(
        "quiet.known-and-once-more",
        [_change(enabled=False, collected=at("04-15 10:00")), _change(time="04-15 01:30", enabled=True)],
    )
    yield RuleTestCase("fires.known-by-backfill-only", [backfilled(sso_off, at("04-15 02:00")), sso_off])
    yield RuleTestCase("quiet.older-than-the-lookback", [_change(time="04-10 01:00", enabled=False)])
    yield RuleTestCase("quiet.backfilled", [_change(enabled=False, backfilled=True)])
    yield RuleTestCase("quiet.excluded-person", [sso_off], exclusion(RULE, "Lena@example.com", "a migration"))


_KINDS = {
    *("API Key", "Capability Grant", "Directory Sync", "Domain", "Encryption Key", "Federation Issuer"),
    *(
        "Federation Rule",
        "Identity Configuration",
        "Inference Hook",
        "OAuth App",
        "Organization Setting",
        "Role",
        "Service",
    ),
    *("Service Account", "Signing Key", "SSO Configuration", "Workspace"),
}


def reference(events: Sequence[RuleEvent], lookups: Mapping[str, str]) -> list[dict[str, Any]]:
    """Each kind of change of settings, roles, keys and identity providers by a person in a night, first seen now."""
    rows = []
    changes = [one for one in events if one.time >= NOW_S - 5 * DAY and _changes_the_organization(one)]
    left_out = {value.lower() for value in excluded(lookups, RULE)}
    for kind, own in kinds_first_seen(changes, lookups):
        if kind.user not in left_out:
            first, last = first_and_last(own)
            times = {"first_change": first, "last_change": last, "changes": len(own)}
            rows.append({**kind._asdict(), **times, **address_columns(own)})
    return rows


def _changes_the_organization(one: RuleEvent) -> bool:
    changed = one.class_uid in (3004, 3005) and one.activity_id != 99 and one.code != "admin_request_created"
    return changed and one.object_type in _KINDS
