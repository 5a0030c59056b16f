"""Which requests are refused, with which message, and whether they count against the quota."""

from typing import Any

import httpx
import pytest

from forwarder.simulator import ADMIN_KEY, CLAUDE_KEY, COMPLIANCE_KEY, ApiKey
from tests.simulator.world import PATH, feed_of, issue, names, standing_clock

ORGANIZATIONS = "/v1/compliance/organizations"
REVOKED = "The API key provided is invalid or has been revoked."


def refusal(answer: httpx.Response) -> tuple[int, str, str]:
    error = answer.json()["error"]
    assert answer.headers["request-id"].startswith("req_")
    return answer.status_code, error["type"], error["message"]


@pytest.mark.parametrize("key", [CLAUDE_KEY, "", "sk-ant-api01-unknown"])
def test_a_key_that_is_not_ours_is_unauthenticated_and_costs_nothing(key: str) -> None:
    with feed_of() as (_, client):
        answer = client.get(PATH, headers={"x-api-key": key})
        assert refusal(answer) == (401, "authentication_error", REVOKED)
        assert "anthropic-ratelimit-requests-remaining" not in answer.headers
        assert client.get(PATH).headers["anthropic-ratelimit-requests-remaining"] == "599"


def test_a_revoked_key_is_refused_until_it_is_restored() -> None:
    with feed_of(issue("a", 1)) as (feed, client):
        client.post("/_simulator/keys/revoke", json={"secret": COMPLIANCE_KEY}).raise_for_status()
        assert refusal(client.get(PATH))[0] == 401
        client.post("/_simulator/keys/restore", json={"secret": COMPLIANCE_KEY}).raise_for_status()
        assert names(client.get(PATH)) == "a"
        assert feed.stats()["requests"] == {"401": 1, "200": 1}


def test_a_key_added_later_is_accepted() -> None:
    with feed_of(issue("a", 1)) as (_, client):
        fresh: dict[str, Any] = {"secret": "sk-ant-api01-fresh", "key_id": "apikey_fresh", "scopes": ["read:org_audit"]}
        client.post("/_simulator/keys/add", json=fresh).raise_for_status()
        assert names(client.get(PATH, headers={"x-api-key": fresh["secret"]})) == "a"


def test_a_bearer_token_is_accepted_like_the_key_header() -> None:
    with feed_of(issue("a", 1)) as (feed, _):
        headers = {"authorization": f"Bearer {COMPLIANCE_KEY}"}
        assert names(httpx.get(feed.url + PATH, headers=headers)) == "a"


def test_a_missing_scope_is_named_and_costs_one_request() -> None:
    key = ApiKey("sk-ant-api01-x", "apikey_x", scopes=("read:compliance_user_data",))
    with feed_of(keys=[key]) as (_, client):
        answer = client.get(PATH, headers={"x-api-key": key.secret})
        assert refusal(answer) == (
            403,
            "permission_error",
            "Missing required scopes. Got: ['read:compliance_user_data'] Needed: ['read:compliance_activities']",
        )
        assert answer.headers["anthropic-ratelimit-requests-remaining"] == "599"


def test_an_admin_key_reaches_the_feed_and_nothing_else() -> None:
    with feed_of(issue("a", 1)) as (_, client):
        admin = {"x-api-key": ADMIN_KEY}
        assert client.get(PATH, headers=admin).status_code == 200
        assert refusal(client.get(ORGANIZATIONS, headers=admin))[0] == 403
        assert len(client.get(ORGANIZATIONS).json()["data"]) == 1


def test_the_audit_scope_is_enough_and_the_retired_one_is_not() -> None:
    keys = [
        ApiKey("audit", "apikey_1", scopes=("read:org_audit",)),
        ApiKey("retired", "apikey_2", scopes=("read:compliance_org_settings",)),
    ]
    with feed_of(keys=keys) as (_, client):
        assert client.get(PATH, headers={"x-api-key": "audit"}).status_code == 200
        assert client.get(PATH, headers={"x-api-key": "retired"}).status_code == 403


def test_a_key_of_one_organization_sees_that_organization_alone() -> None:
    key = ApiKey("one", "apikey_1", organizations=frozenset(["00000000-0000-4000-8000-000000000001"]))
    foreign = issue("b", 2, organization_uuid="00000000-0000-4000-8000-000000000002")
    with feed_of(issue("a", 1), foreign, keys=[key]) as (_, client):
        assert names(client.get(PATH, headers={"x-api-key": "one"})) == "a"


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"limit": "5001"}, "The limit parameter must be between 1 and 5000, inclusive. Got 5001."),
        ({"limit": "0"}, "Got 0."),
        ({"limit": "many"}, "Got many."),
        ({"created_at.gte": "2024-01-01"}, "The `created_at.gte` parameter contains an invalid timestamp format."),
        ({"created_at.lt": "2024-01-01T00:00:00"}, 'Got "2024-01-01T00:00:00".'),
        ({"created_at.lt": "2024-13-01T00:00:00Z"}, 'Got "2024-13-01T00:00:00Z".'),
        ({"after_id": "activity_invalid123"}, 'No activity found for `after_id` "activity_invalid123"'),
        ({"before_id": ""}, 'Invalid `before_id`. No activity found for `before_id` ""'),
        ({"after_id": "activity_a", "before_id": "activity_a"}, "Only one of `after_id` and `before_id`"),
        ({"activity_types[]": "a", "exclude_activity_types[]": "b"}, "Only one of `activity_types[]`"),
        ({"order": "sideways"}, 'Got "sideways".'),
    ],
)
def test_a_wrong_parameter_is_refused_with_the_documented_message(params: dict[str, str], words: str) -> None:
    with feed_of(issue("a", 1)) as (_, client):
        status, kind, message = refusal(client.get(PATH, params=params))
        assert (status, kind) == (400, "invalid_request_error")
        assert words in message


def test_600_requests_a_minute_are_shared_by_all_keys() -> None:
    clock = standing_clock(30)
    with feed_of(clock=clock, per_minute=3) as (_, client):
        left = [client.get(PATH).headers["anthropic-ratelimit-requests-remaining"] for _ in range(2)]
        client.get(PATH, headers={"x-api-key": ADMIN_KEY})
        clock.advance(20)
        answer = client.get(PATH)
        assert left == ["2", "1"]
        assert refusal(answer)[:2] == (429, "rate_limit_error")
        assert answer.headers["retry-after"] == "40"
        assert answer.headers["anthropic-ratelimit-requests-limit"] == "3"
        assert answer.headers["anthropic-ratelimit-requests-remaining"] == "0"
        assert answer.headers["anthropic-ratelimit-requests-reset"] == "2026-11-20T12:01:30Z"
        clock.advance(40)
        assert client.get(PATH).status_code == 200


def test_unknown_paths_and_methods_are_not_served() -> None:
    with feed_of() as (_, client):
        assert client.get("/v1/compliance/nothing").status_code == 404
        assert client.post(PATH).status_code == 405
