"""Test cases of the rule "Federation rule or issuer created or changed"."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from tests.content.case import NOON, Mutation, RuleTestCase, exclusion
from tests.content.records import ADMIN, Collected, activity, at, key_actor
from tests.content.reference import DAY, FRESH, NOW_S, RuleEvent, excluded

RULE = "keys/federation-rule-changed"

RULE_ID, ISSUER = "fedrule_01Deploy", "fediss_01Gitlab"
GITLAB = "https://gitlab.example.com"
PREFIX = {
    "type": "match_subject_prefix",
    "previous_value": "project_path:platform/claude:ref_type:branch:ref:main",
    "current_value": "project_path:platform/claude:",
}


def _rule(what: str, time: datetime = NOON, **fields: Any) -> Collected:
    record_fields = {"actor": ADMIN, "time": time, "federation_rule_id": RULE_ID, **fields}
    return activity(f"platform_federation_rule_{what}", **record_fields)


def _issuer(what: str, **fields: Any) -> Collected:
    terraform = key_actor("apikey_01Terraform")
    return activity(f"platform_federation_issuer_{what}", terraform, NOON, federation_issuer_id=ISSUER, **fields)


def test_cases() -> Iterator[RuleTestCase]:
    """What fires, and what does not."""
    widened = _rule("updated", updates=[PREFIX])
    yield RuleTestCase("fires.a-rule-for-all-branches", [widened])
    yield RuleTestCase("quiet.excluded-rule", [widened], exclusion(RULE, RULE_ID))
    lifetime = {"type": "token_lifetime_seconds", "previous_value": "900", "current_value": "43200"}
    nothing = {"type": "match_audience", "previous_value": "claude", "current_value": None}
    named = {"type": "name", "previous_value": None, "current_value": "deploy"}
    yield RuleTestCase(
        "fires.three-changes-one-to-nothing-and-a-name", [_rule("updated", updates=[named, nothing, lifetime, PREFIX])]
    )
    yield RuleTestCase(
        "fires.a-new-rule-and-one-more-workspace",
        [_rule("created"), _rule("workspace_added", workspace_id="wrkspc_01")],
    )
    keys = {"type": "jwks_keys_sha256", "previous_value": None, "current_value": "5f2b8c07"}
    yield RuleTestCase(
        "fires.an-issuer-trusted-and-its-keys-changed",
        [_issuer("created", issuer_url=GITLAB, jwks_source="discovery"), _issuer("updated", updates=[keys])],
    )
    yield RuleTestCase("fires.unknown-change", [_rule("updated", updates=[])])
    words = {"type": "description", "previous_value": "old", "current_value": "new"}
    yield RuleTestCase("quiet.only-name-and-description", [_rule("updated", updates=[named, words])])
    yield RuleTestCase(
        "quiet.closed",
        [_rule("archived"), _rule("workspace_removed", workspace_id="wrkspc_01"), _issuer("archived")],
    )
    yield RuleTestCase("fires.collected-two-days-late", [_rule("created", at("04-13 14:00"), collected=NOON)])
    yield RuleTestCase("fires.the-same-row-twice", [widened, widened])
    yield RuleTestCase("quiet.collected-two-hours-ago", [_rule("created", at("04-15 09:59"))])
    yield RuleTestCase("quiet.backfilled", [_rule("created", backfilled=True)])
    yield RuleTestCase("fires.excluded-from-another-rule", [widened], exclusion("keys/dormant-key-awakened", RULE_ID))


def reference(events: Sequence[RuleEvent], lookups: Mapping[str, str]) -> list[dict[str, Any]]:
    """Each rule and issuer that was made, each workspace added, each setting changed that is no name or description."""
    rows = []
    for e in events:
        subject, _, verb = e.code.removeprefix("platform_federation_").partition("_")
        known = e.code.startswith("platform_federation_") and subject in ("rule", "issuer")
        if (
            not known
            or verb not in ("created", "updated", "workspace_added")
            or e.object_uid in excluded(lookups, RULE)
        ):
            continue
        if e.backfilled or e.arrived < FRESH or e.time < NOW_S - 3 * DAY:
            continue
        for update in e.get("unmapped.updates") or [{}]:
            change = update.get("type", "unknown") if verb == "updated" else verb
            if change not in ("name", "description"):
                given = e.get("entity.data.issuer_url") or e.get("entity.data.workspace_id")
                values = {"before": update.get("previous_value"), "after": update.get("current_value") or given}
                who = {"changed_by": e.user or e.actor_uid, "changed_at": e.time, "src_ip": e.src_ip}
                named = {"federation": e.object_uid, "object_type": e.object_type, "change": change}
                rows.append({**named, **values, **who, "user_agent": e.get("http_request.user_agent")})
    return rows


MUTATIONS = (
    Mutation(
        "what is called otherwise is changed",
        ("'name', 'description'", "'description'"),
        ('"name", "description"', '"description"'),
        ("quiet.only-name-and-description",),
    ),
    Mutation(
        "what is described otherwise is changed",
        ("'name', 'description'", "'name'"),
        ('"name", "description"', '"name"'),
        ("quiet.only-name-and-description",),
    ),
)
"""Mutants that are not generated."""
