"""Undocumented types: mapped by the words of their names, without loss."""

import itertools
import random

import pytest

from forwarder.ocsf import normalize
from forwarder.ocsf.feed.catalogue import plans
from forwarder.ocsf.feed.fallback import beginnings, fallback, guess
from tests.ocsf.lossless import lost
from tests.ocsf.second_opinion import objections
from tests.ocsf.validator import faults
from tests.ocsf.world import ACTORS, RECEIPT, activity, actor, body, record

FIRST = ("api", "claude", "claude_project", "org", "org_sso", "platform", "platform_agent", "rbac_role", "quantum")
MIDDLE = ("canary", "prism", "ledger", "token_vault", "voice_memo", "blueprint", "escrow_2fa")
VERBS = ("created", "viewed", "updated", "deleted", "enabled", "archived", "shared", "exported", "toggled", "re_sent")
OUTCOMES = ("deletion_failed", "login_succeeded", "export_started", "pondered")


def invented() -> list[str]:
    """Five hundred names that the catalogue does not hold, the same in each run."""
    names = ["_".join(parts) for parts in itertools.product(FIRST, MIDDLE, VERBS + OUTCOMES)]
    assert not plans().keys() & set(names)
    return sorted(random.Random(8).sample(names, 500))


def test_five_hundred_invented_types_by_every_actor_are_valid_lossless_and_labeled() -> None:
    wrong = []
    for code, kind in zip(invented(), itertools.cycle(ACTORS), strict=False):
        fields = activity(code, actor=actor(kind), thing_id="thing_01", enabled=False, nested={"a": [1, {"b": "c"}]})
        made = normalize(record(fields), RECEIPT)
        event = body(made)
        found = (
            made.mapping_level,
            event["metadata"]["labels"][-1],
            event["metadata"]["event_code"],
            event["severity_id"],
        )
        expected = ("fallback", "mapping:fallback", code, 2 if code.endswith("_failed") else 1)
        wrong += [code] * (found != expected)
        wrong += [f"{code}: {fault}" for fault in [*faults(event), *objections(event), *lost(fields, event)]]
    assert wrong == []


@pytest.mark.parametrize(
    ("code", "type_uid", "status", "theme"),
    [
        ("rbac_role_canary_created", 300401, "Success", "role-definitions"),
        ("claude_chat_canary_viewed", 600102, "Success", "chats"),
        ("claude_project_canary_deletion_failed", 600104, "Failure", "projects"),
        ("claude_chat_archived", 600103, "Success", "chats"),
        ("platform_agent_canary_archived", 300411, "Success", "agents"),
        ("mcp_server_canary_pondered", 300499, "Success", "connectors"),
        ("org_data_canary_export_started", 600107, "Started", "data-exports"),
        ("org_user_invite_re_sent_again_re_sent", 300403, "Success", "members"),
        ("passkey_login_succeeded", 300201, "Success", None),
        ("passkey_login_failed", 300201, "Failure", None),
        ("moonbase_user_logged_out", 300202, "Success", None),
        ("moonbase_opened", 600399, "Success", None),
    ],
)
def test_the_words_of_a_name_give_class_activity_and_status(
    code: str, type_uid: int, status: str, theme: str | None
) -> None:
    event = body(normalize(record(activity(code)), RECEIPT))
    assert (event["type_uid"], event["status"]) == (type_uid, status)
    assert event["metadata"]["labels"] == [*([f"theme:{theme}"] if theme else []), "mapping:fallback"]


def test_the_fallback_maps_most_known_types_as_the_table_does() -> None:
    """Each type is mapped as if the table did not hold it: in 9 of 10 the class agrees, in 2 of 3 the activity too."""
    group = {3001: 3004, 3005: 3004, 3006: 3004, 6006: 6001}  # the fallback knows configuration and content only
    known = plans()
    classes = activities = 0
    for plan in known.values():
        made = guess(plan.code, beginnings(other for other in known.values() if other is not plan))
        classes += group.get(made.class_uid, made.class_uid) == group.get(plan.class_uid, plan.class_uid)
        activities += made.activity == plan.activity
    assert (classes >= 0.9 * len(known), activities >= 2 / 3 * len(known)) == (True, True), (classes, activities)


def test_a_hostile_name_takes_linear_time() -> None:
    assert fallback("_".join(["claude", "chat", *["x"] * 50_000])).theme == "chats"
    assert fallback("a" * 100_000).activity_id == 99
