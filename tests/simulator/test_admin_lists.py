"""The lists of the Admin API: shapes, filters, pages, and objects that are added and removed."""

from typing import Any

import httpx
import pytest

from forwarder.simulator.admin import ConsoleApiKey, ConsoleInvite, ConsoleMember, ConsoleUser, ConsoleWorkspace
from forwarder.simulator.clock import DAY, rfc3339
from tests.simulator.admin_world import ROOT, SCOPED, admin_api, good, ids, refused, walk_list
from tests.simulator.world import NOON_US

KEYS, USERS, INVITES, WORKSPACES = (f"{ROOT}/{name}" for name in ("api_keys", "users", "invites", "workspaces"))


def get(client: httpx.Client, path: str, **params: Any) -> list[Any]:
    """The first thousand of a list."""
    data: list[Any] = good(client.get(path, params={"limit": 1000, **params}))["data"]
    return data


def test_a_page_has_twenty_objects_by_default() -> None:
    with admin_api() as (organization, _, client):
        assert len(good(client.get(USERS))["data"]) == 20
        page = good(client.get(USERS, params={"limit": 1000}))
        assert ids(page) == [user.id for user in organization.users()]
        assert (page["first_id"], page["last_id"]) == (page["data"][0]["id"], page["data"][-1]["id"])
        assert page["has_more"] is False


def test_after_id_walks_to_the_end_and_before_id_back_to_the_start() -> None:
    with admin_api() as (organization, _, client):
        everybody = [user.id for user in organization.users()]
        pages = walk_list(client, USERS, limit=100)
        assert [len(page) for page in pages] == [100, 100, 40]
        assert [user["id"] for page in pages for user in page] == everybody
        back = good(client.get(USERS, params={"limit": 100, "before_id": everybody[150]}))
        assert (ids(back), back["has_more"]) == (everybody[50:150], True)
        start = good(client.get(USERS, params={"limit": 100, "before_id": back["first_id"]}))
        assert (ids(start), start["has_more"]) == (everybody[:50], False)


def test_a_page_past_the_end_is_empty_and_its_ids_are_null() -> None:
    with admin_api() as (organization, _, client):
        page = good(client.get(USERS, params={"after_id": organization.users()[-1].id}))
        assert page == {"data": [], "has_more": False, "first_id": None, "last_id": None}


def test_only_one_cursor_may_be_given() -> None:
    with admin_api() as (organization, _, client):
        one = organization.users()[0].id
        assert refused(client.get(USERS, params={"after_id": one, "before_id": one}))[0] == 400


def test_a_key_has_a_workspace_or_a_scope_by_version() -> None:
    with admin_api() as (organization, _, client):
        robot = ConsoleApiKey("apikey_robot", "robot", NOON_US - DAY, "user_a", "wrkspc_x", principal="svac_1")
        organization.put(robot)
        organization.put(ConsoleApiKey("apikey_plain", "plain", NOON_US, None, None, principal="user_a"))
        plain, old = get(client, KEYS)[:2]
        assert (plain["workspace_id"], plain["created_by"]) == (None, None)
        assert old == {
            "id": "apikey_robot",
            "type": "api_key",
            "name": "robot",
            "created_at": rfc3339(NOON_US - DAY),
            "created_by": {"id": "user_a", "type": "user"},
            "expires_at": None,
            "partial_key_hint": "sk-ant-api03-R2D...igAA",
            "principal": {"id": "svac_1", "type": "service_account"},
            "status": "active",
            "workspace_id": "wrkspc_x",
        }
        client.headers["anthropic-version"] = SCOPED
        plain, new = get(client, KEYS)[:2]
        assert (plain["scope"], "workspace_id" in plain) == ({"type": "organization"}, False)
        assert plain["principal"] == {"type": "user_actor", "user_id": "user_a"}
        assert new["scope"] == {"type": "workspace", "workspace_id": "wrkspc_x"}
        assert new["principal"] == {"type": "service_account_actor", "service_account_id": "svac_1"}


def test_keys_are_filtered_by_status_workspace_and_creator() -> None:
    with admin_api() as (organization, _, client):
        keys = organization.api_keys()
        maker, space = keys[0].created_by, next(key.workspace_id for key in keys if key.workspace_id)
        off = get(client, KEYS, status="inactive")
        assert [key["id"] for key in off] == [organization.landmarks.inactive_but_used]
        mine = get(client, KEYS, created_by_user_id=maker)
        assert [key["id"] for key in mine] == [key.id for key in keys if key.created_by == maker]
        there = get(client, KEYS, workspace_id=space)
        assert [key["id"] for key in there] == [key.id for key in keys if key.workspace_id == space]


def test_a_key_and_an_invite_expire_by_themselves() -> None:
    with admin_api() as (organization, _, client):
        organization.put(ConsoleApiKey("apikey_short", "short", NOON_US, expires_us=NOON_US + 60_000_000))
        organization.put(ConsoleInvite("invite_short", "a@example.com", "user", NOON_US, NOON_US + 60_000_000))
        assert get(client, KEYS, status="expired") == []
        organization.clock.advance(60)
        assert [key["id"] for key in get(client, KEYS, status="expired")] == ["apikey_short"]
        assert get(client, INVITES, email="a@example.com")[0]["status"] == "expired"


def test_users_are_filtered_by_email_in_any_case_and_by_several_roles() -> None:
    with admin_api() as (organization, _, client):
        user = organization.users()[5]
        assert get(client, USERS, email=user.email.upper()) == [
            {
                "id": user.id,
                "type": "user",
                "email": user.email,
                "name": user.name,
                "role": user.role,
                "added_at": rfc3339(user.created_us),
            }
        ]
        chosen = get(client, USERS, **{"roles[]": ["admin", "billing"]})
        assert {one["role"] for one in chosen} == {"admin", "billing"}


def test_invites_are_filtered_by_status_and_have_the_documented_fields() -> None:
    with admin_api() as (_, _, client):
        assert {one["status"] for one in get(client, INVITES)} == {"pending", "expired", "accepted"}
        (pending,) = get(client, INVITES, **{"statuses[]": "pending"})
        assert pending["accepted_at"] is None
        assert pending["rbac_group_ids"] == []
        (accepted,) = get(client, INVITES, **{"statuses[]": "accepted"})
        assert accepted["accepted_at"] is not None


def test_archived_workspaces_are_returned_only_on_request() -> None:
    with admin_api() as (_, _, client):
        assert all(space["archived_at"] is None for space in get(client, WORKSPACES))
        every = get(client, WORKSPACES, include_archived="true")
        assert [space["name"] for space in every if space["archived_at"]] == ["Pilot"]
        assert set(every[0]["data_residency"]) == {
            "allowed_inference_geos",
            "default_inference_geo",
            "workspace_geo",
        }


def test_members_are_paged_by_user_id() -> None:
    with admin_api() as (organization, _, client):
        space = organization.workspaces()[0].id
        pages = walk_list(client, f"{WORKSPACES}/{space}/members", limit=20)
        expected = [member.user_id for member in organization.members(space)]
        assert [len(page) for page in pages] == [20, 10]
        assert [one["user_id"] for page in pages for one in page] == expected
        assert set(pages[0][0]) == {"type", "user_id", "workspace_id", "workspace_role"}


@pytest.mark.parametrize(
    ("path", "thing"),
    [
        (KEYS, ConsoleApiKey("apikey_new", "new", NOON_US)),
        (USERS, ConsoleUser("user_new", "new@example.com", "New", "user", NOON_US)),
        (INVITES, ConsoleInvite("invite_new", "n@example.com", "user", NOON_US, NOON_US + DAY)),
        (WORKSPACES, ConsoleWorkspace("wrkspc_new", "New", NOON_US)),
    ],
)
def test_an_object_appears_and_disappears_after_its_delay(path: str, thing: Any) -> None:
    with admin_api() as (organization, _, client):
        organization.put(thing, delay=60)
        organization.remove(type(thing), thing.id, delay=120)
        seen = []
        for _ in range(3):
            seen.append(thing.id in ids(good(client.get(path, params={"limit": 1000}))))
            organization.clock.advance(60)
        assert seen == [False, True, False]


def test_a_change_is_listed_and_a_removed_user_leaves_every_workspace() -> None:
    with admin_api() as (organization, _, client):
        key, space = organization.api_keys()[1], organization.workspaces()[0].id
        organization.change(ConsoleApiKey, key.id, status="archived", delay=30)
        assert get(client, KEYS)[1]["status"] == "active"
        organization.clock.advance(30)
        assert get(client, KEYS)[1]["status"] == "archived"
        member = organization.members(space)[0]
        organization.change(ConsoleMember, member.id, role="workspace_admin")
        assert get(client, f"{WORKSPACES}/{space}/members")[0]["workspace_role"] == "workspace_admin"
        organization.remove(ConsoleUser, member.user_id)
        assert member.user_id not in str(get(client, f"{WORKSPACES}/{space}/members"))


def test_a_cursor_outlives_its_object() -> None:
    with admin_api() as (organization, _, client):
        everybody = [user.id for user in organization.users()]
        organization.remove(ConsoleUser, everybody[19])
        assert ids(good(client.get(USERS, params={"after_id": everybody[19]}))) == everybody[20:40]


def test_a_mistake_in_a_test_raises_and_changes_nothing() -> None:
    with admin_api() as (organization, _, _):
        with pytest.raises(KeyError):
            organization.change(ConsoleApiKey, "apikey_none", status="archived")
        with pytest.raises(KeyError):
            organization.remove(ConsoleUser, "user_none")


def test_another_process_changes_the_organization_over_http() -> None:
    with admin_api() as (_, _, client):
        control = "/_simulator/admin"
        new = {"kind": "users", "object": {"id": "user_n", "email": "n@example.com", "name": "N", "role": "user"}}
        client.post(f"{control}/put", json=new).raise_for_status()
        change = {"kind": "users", "id": "user_n", "fields": {"role": "admin"}}
        client.post(f"{control}/change", json=change).raise_for_status()
        assert get(client, USERS, email="n@example.com")[0]["role"] == "admin"
        client.post(f"{control}/remove", json={"kind": "users", "id": "user_n"}).raise_for_status()
        assert get(client, USERS, email="n@example.com") == []
        assert len(client.get(f"{control}/users").json()) == 240
        assert "inactive_but_used" in client.get(f"{control}/landmarks").json()
        assert client.post(f"{control}/put", json={"kind": "moons", "object": {}}).status_code == 400
