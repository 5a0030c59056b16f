"""Which keys may use the Admin API, how often, and how other requests are refused."""

from pathlib import Path
from typing import Any

import pytest

from forwarder.simulator import ADMIN_KEY, CLAUDE_KEY, COMPLIANCE_KEY, ApiKey
from forwarder.simulator.stage import Stage
from tests.simulator.admin_world import CODE, COST, MESSAGES, ROOT, SCOPED, admin_api, good, refused
from tests.simulator.world import PATH

START = {"starting_at": "2026-11-18T00:00:00Z"}
LISTS = ("api_keys", "users", "invites", "workspaces")


@pytest.mark.parametrize("path", [f"{ROOT}/api_keys", f"{ROOT}/workspaces", MESSAGES, COST, CODE])
def test_a_compliance_key_lacks_the_permission(path: str) -> None:
    with admin_api() as (_, _, client):
        status, kind, message = refused(client.get(path, headers={"x-api-key": COMPLIANCE_KEY}))
        assert (status, kind, "org:admin" in message) == (403, "permission_error", True)


@pytest.mark.parametrize("scope", ["read:members", "read:org_audit"])
def test_users_and_invites_are_open_to_the_scopes_that_read_them(scope: str) -> None:
    key = ApiKey("sk-ant-api01-members", "apikey_members", scopes=(scope,))
    with admin_api(keys=[key]) as (_, _, client):
        for name in ("users", "invites", "me"):
            good(client.get(f"{ROOT}/{name}", headers={"x-api-key": key.secret}))
        assert refused(client.get(f"{ROOT}/api_keys", headers={"x-api-key": key.secret}))[0] == 403


@pytest.mark.parametrize("key", [CLAUDE_KEY, "sk-ant-admin01-unknown", ""])
def test_an_unknown_key_is_refused_without_charging_the_quota(key: str) -> None:
    with admin_api() as (_, _, client):
        answer = client.get(f"{ROOT}/users", headers={"x-api-key": key})
        assert refused(answer)[:2] == (401, "authentication_error")
        assert "anthropic-ratelimit-requests-remaining" not in answer.headers
        assert client.get(f"{ROOT}/users").headers["anthropic-ratelimit-requests-remaining"] == "99"


def test_a_revoked_admin_key_is_refused() -> None:
    with admin_api() as (_, server, client):
        server.keys.revoke(ADMIN_KEY)
        assert refused(client.get(f"{ROOT}/users"))[0] == 401


def test_the_quota_of_a_hundred_requests_is_separate_from_the_compliance_api() -> None:
    with admin_api() as (organization, _, client):
        left = [client.get(f"{ROOT}/me").headers["anthropic-ratelimit-requests-remaining"] for _ in range(100)]
        assert (left[0], left[-1]) == ("99", "0")
        organization.clock.advance(20)
        answer = client.get(f"{ROOT}/me")
        assert refused(answer)[:2] == (429, "rate_limit_error")
        assert answer.headers["retry-after"] == "40"
        assert answer.headers["anthropic-ratelimit-requests-limit"] == "100"
        assert answer.headers["anthropic-ratelimit-requests-reset"] == "2026-11-20T12:01:00Z"
        assert client.get(PATH).headers["anthropic-ratelimit-requests-remaining"] == "599"
        organization.clock.advance(40)
        assert client.get(f"{ROOT}/me").status_code == 200


def test_reading_the_admin_api_leaves_no_activity() -> None:
    with admin_api() as (organization, server, client):
        client.get(f"{ROOT}/me")
        organization.clock.advance(60)
        assert server.issued() == []


def test_a_version_is_required_and_must_be_known() -> None:
    with admin_api() as (_, _, client):
        assert refused(client.get(f"{ROOT}/me", headers={"anthropic-version": "2020-01-01"}))[0] == 400
        del client.headers["anthropic-version"]
        assert refused(client.get(f"{ROOT}/me"))[:2] == (400, "invalid_request_error")
        good(client.get(f"{ROOT}/me", headers={"anthropic-version": SCOPED}))


def test_the_organization_endpoint_returns_its_id_and_name() -> None:
    with admin_api() as (organization, _, client):
        expected = {"id": organization.uuid, "name": "Example Corp", "type": "organization"}
        assert good(client.get(f"{ROOT}/me")) == expected


def test_an_unknown_path_and_another_method_are_refused() -> None:
    with admin_api() as (_, _, client):
        for path in ("nothing", "workspaces/wrkspc_none/members", "users/"):
            assert refused(client.get(f"{ROOT}/{path}"))[:2] == (404, "not_found_error")
        assert refused(client.post(f"{ROOT}/users"))[0] == 405


WRONG: list[tuple[str, dict[str, Any]]] = [
    *((f"{ROOT}/{name}", {"limit": limit}) for name in LISTS for limit in ("0", "1001", "many")),
    *((f"{ROOT}/{name}", {"colour": "red"}) for name in LISTS),
    (f"{ROOT}/me", {"limit": "1"}),
    (f"{ROOT}/api_keys", {"status": "lost"}),
    (f"{ROOT}/api_keys", {"after_id": "apikey_never"}),
    (f"{ROOT}/api_keys", {"limit": ["1", "2"]}),
    (f"{ROOT}/users", {"roles[]": "owner"}),
    (f"{ROOT}/users", {"roles": "admin"}),
    (f"{ROOT}/users", {"email": ""}),
    (f"{ROOT}/invites", {"statuses[]": "deleted"}),
    (f"{ROOT}/workspaces", {"include_archived": "yes"}),
    (MESSAGES, {}),
    (MESSAGES, {"starting_at": "2026-11-18"}),
    (MESSAGES, {"starting_at": "2026-11-18T00:00:00"}),
    (MESSAGES, {"starting_at": "2026-13-18T00:00:00Z"}),
    (MESSAGES, {**START, "ending_at": "2026-11-18T00:00:00Z"}),
    (MESSAGES, {**START, "bucket_width": "1w"}),
    (MESSAGES, {**START, "limit": "32"}),
    (MESSAGES, {**START, "bucket_width": "1h", "limit": "169"}),
    (MESSAGES, {**START, "bucket_width": "1m", "limit": "1441"}),
    (MESSAGES, {**START, "limit": "0"}),
    (MESSAGES, {**START, "group_by[]": "colour"}),
    (MESSAGES, {**START, "group_by": "model"}),
    (MESSAGES, {**START, "context_window[]": "1M"}),
    (MESSAGES, {**START, "inference_geos[]": "eu"}),
    (MESSAGES, {**START, "service_tiers[]": "gold"}),
    (MESSAGES, {**START, "speeds[]": "fast"}),
    (MESSAGES, {**START, "group_by[]": "speed"}),
    (MESSAGES, {**START, "page": "page_nonsense"}),
    (MESSAGES, {**START, "page": "MjAyNi0xMS0xOFQwMDowMDowMFo="}),
    (MESSAGES, {**START, "after_id": "x"}),
    (COST, {**START, "bucket_width": "1h"}),
    (COST, {**START, "group_by[]": "model"}),
    (COST, {**START, "limit": "32"}),
    (CODE, {}),
    (CODE, {"starting_at": "2026-11-18T00:00:00Z"}),
    (CODE, {"starting_at": "2026-11-31"}),
    (CODE, {"starting_at": "2026-11-18", "limit": "1001"}),
    (CODE, {"starting_at": "2026-11-18", "page": "page_nonsense"}),
    (CODE, {"starting_at": "2026-11-18", "ending_at": "2026-11-19"}),
]


def test_a_wrong_parameter_is_refused_by_name() -> None:
    with admin_api(admin_per_minute=1000) as (_, _, client):
        for path, params in WRONG:
            status, kind, message = refused(client.get(path, params=params))
            assert (status, kind) == (400, "invalid_request_error"), (path, params)
            name = next((name for name in params if name not in START), "starting_at")
            assert not params or name.removesuffix("[]") in message or "speed" in message or "limit" in message


def test_a_stage_has_the_admin_key_only_on_request(tmp_path: Path) -> None:
    with Stage(tmp_path, ()) as stage:
        assert "admin_key_file" not in stage.settings()["anthropic"]
        file = Path(stage.settings(admin=True)["anthropic"]["admin_key_file"])
        assert file.read_text() == ADMIN_KEY
        assert file.stat().st_mode & 0o077 == 0
