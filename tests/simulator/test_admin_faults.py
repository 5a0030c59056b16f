"""Each fault of the Admin API, as a client receives it."""

from typing import Any

import httpx
import pytest

from forwarder.simulator.admin import ConsoleUser
from tests.simulator.admin_world import COST, MESSAGES, ROOT, admin_api, good, ids, refused, results, tokens, walk_list

USERS = f"{ROOT}/users"
DAY = {"starting_at": "2026-11-18T00:00:00Z", "ending_at": "2026-11-20T00:00:00Z"}


@pytest.mark.parametrize(
    ("fault", "status", "kind"),
    [
        ("rate-limited", 429, "rate_limit_error"),
        ("server-error", 500, "api_error"),
        ("overloaded", 529, "overloaded_error"),
        ("key-revoked", 401, "authentication_error"),
        ("scope-removed", 403, "permission_error"),
    ],
)
def test_faults_of_the_feed_have_the_shape_of_the_admin_api(fault: str, status: int, kind: str) -> None:
    with admin_api() as (_, server, client):
        server.fault(fault, path="/users")
        good(client.get(f"{ROOT}/me"))
        answer = client.get(USERS)
        assert refused(answer)[:2] == (status, kind)
        assert ("retry-after" in answer.headers) is (status == 429)
        good(client.get(USERS))


def test_a_list_fails_half_way() -> None:
    with admin_api() as (_, server, client):
        server.fault("server-error", path="/users", skip=1)
        server.fault("truncated-body", path="/users", skip=1)
        page = good(client.get(USERS))
        assert refused(client.get(USERS, params={"after_id": page["last_id"]}))[0] == 500
        good(client.get(USERS))
        with pytest.raises(httpx.RemoteProtocolError):
            client.get(USERS, params={"after_id": page["last_id"]})


def test_a_list_shrinks_while_it_is_read() -> None:
    with admin_api() as (organization, server, client):
        everybody = [user.id for user in organization.users()]
        server.fault("list-shrinks", path="/users", skip=1, count=3)
        pages = walk_list(client, USERS, limit=100)
        assert [user["id"] for page in pages for user in page] == everybody[:100] + everybody[103:]
        assert len(organization.users()) == 237


def test_a_list_moves_up_and_one_object_is_never_returned() -> None:
    with admin_api() as (organization, server, client):
        everybody = [user.id for user in organization.users()]
        server.fault("object-skipped", path="/users", skip=1)
        shown = [user["id"] for page in walk_list(client, USERS, limit=100) for user in page]
        assert everybody[100] not in shown
        assert everybody[100] in [user.id for user in organization.users()]
        assert everybody[99] not in [user.id for user in organization.users()]


def test_the_members_of_a_workspace_shrink_too() -> None:
    with admin_api() as (organization, server, client):
        space = organization.workspaces()[0].id
        server.fault("list-shrinks", path="/members", skip=1)
        pages = walk_list(client, f"{ROOT}/workspaces/{space}/members", limit=20)
        assert [len(page) for page in pages] == [20, 9]
        server.fault("object-skipped", path="/members", skip=1)
        pages = walk_list(client, f"{ROOT}/workspaces/{space}/members", limit=20)
        assert [len(page) for page in pages] == [20, 8]
        assert len(organization.members(space)) == 28


def test_a_page_is_empty_although_has_more_is_true() -> None:
    with admin_api() as (_, server, client):
        server.fault("empty-page-with-more", times=2)
        page = good(client.get(USERS))
        assert (page["data"], page["has_more"]) == ([], True)
        report = good(client.get(MESSAGES, params=DAY))
        assert (report["data"], report["has_more"], report["next_page"]) == ([], True, None)


@pytest.mark.parametrize(
    ("path", "params"),
    [
        (USERS, {"after_id": "first"}),
        (MESSAGES, {**DAY, "page": "page_MjAyNi0xMS0xOVQwMDowMDowMFo="}),
    ],
)
def test_a_cursor_is_refused(path: str, params: dict[str, str]) -> None:
    with admin_api() as (organization, server, client):
        params = {**params, **({"after_id": organization.users()[3].id} if "after_id" in params else {})}
        server.fault("cursor-refused")
        assert refused(client.get(path, params=params))[:2] == (400, "invalid_request_error")
        good(client.get(path, params=params))


def test_a_report_repeats_its_first_page() -> None:
    with admin_api() as (_, server, client):
        first = good(client.get(MESSAGES, params={**DAY, "limit": 1}))
        server.fault("repeated-page")
        again = good(client.get(MESSAGES, params={**DAY, "limit": 1, "page": first["next_page"]}))
        assert again == first


def test_buckets_go_backwards_in_time() -> None:
    with admin_api() as (_, server, client):
        straight = good(client.get(MESSAGES, params=DAY))["data"]
        server.fault("buckets-backwards")
        assert good(client.get(MESSAGES, params=DAY))["data"] == straight[::-1]
        server.fault("bucket-inside-out")
        first = good(client.get(MESSAGES, params=DAY))["data"][0]
        assert (first["starting_at"], first["ending_at"]) == ("2026-11-19T00:00:00Z", "2026-11-18T00:00:00Z")


def outputs(client: httpx.Client) -> list[Any]:
    return [result["output_tokens"] for result in results(good(client.get(MESSAGES, params=DAY))["data"])]


def amounts(client: httpx.Client) -> list[Any]:
    return [result["amount"] for result in results(good(client.get(COST, params=DAY))["data"])]


def test_counts_are_strings_negative_or_floats() -> None:
    with admin_api() as (_, server, client):
        tokens_, cents = outputs(client), amounts(client)
        server.fault("counts-as-strings")
        assert outputs(client) == [str(count) for count in tokens_]
        server.fault("counts-negative", times=2)
        assert outputs(client) == [-count for count in tokens_]
        assert amounts(client) == [f"-{amount}" for amount in cents]
        server.fault("counts-as-floats", times=2)
        assert outputs(client) == [count + 0.5 for count in tokens_]
        assert amounts(client) == [float(amount) for amount in cents]


def test_unknown_fields_appear() -> None:
    with admin_api() as (_, server, client):
        server.fault("unknown-fields", times=2)
        page = good(client.get(USERS))
        assert page["future_page_field"] is True
        assert page["data"][0]["future_text"] == "new"
        report = good(client.get(MESSAGES, params=DAY))
        assert {result["future_number"] for result in results(report["data"])} == {7}
        assert min(tokens(results(report["data"]))) > 0


def test_an_object_has_no_id() -> None:
    with admin_api() as (organization, server, client):
        server.fault("object-without-id", times=2)
        page = good(client.get(USERS))
        assert "id" not in page["data"][0]
        assert ids({"data": page["data"][1:]}) == [user.id for user in organization.users()[1:20]]
        space = organization.workspaces()[0].id
        assert "user_id" not in good(client.get(f"{ROOT}/workspaces/{space}/members"))["data"][0]


def test_a_fault_does_not_affect_other_paths() -> None:
    with admin_api() as (organization, server, client):
        server.fault("server-error", path="/api_keys")
        good(client.get(USERS))
        organization.remove(ConsoleUser, organization.users()[0].id)
        assert refused(client.get(f"{ROOT}/api_keys"))[0] == 500
