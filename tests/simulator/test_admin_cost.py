"""`cost_report` and `usage_report/claude_code`: exact amounts, documented nulls, and a day that is an hour old."""

from decimal import Decimal
from typing import Any

from forwarder.simulator.admin import Counts, Dimensions
from forwarder.simulator.admin.usage import costs
from tests.simulator.admin_world import CODE, COST, DAY, MESSAGES, NEXT_DAY, admin_api, good, tokens, walk_report

WEDNESDAY = {"starting_at": "2026-11-18T00:00:00Z", "ending_at": "2026-11-19T00:00:00Z"}
NAMES = ("context_window", "cost_type", "description", "inference_geo", "model", "service_tier", "token_type")


def cents(results: list[Any]) -> Decimal:
    return sum((Decimal(result["amount"]) for result in results), Decimal(0))


def grouped(client: Any, *by: str) -> list[Any]:
    results: list[Any] = good(client.get(COST, params={**WEDNESDAY, "group_by[]": by}))["data"][0]["results"]
    return results


def test_cost_is_tokens_times_price_in_exact_decimal_cents() -> None:
    with admin_api() as (organization, _, client):
        usage = organization.usage_totals(DAY, NEXT_DAY, Dimensions._fields)
        lines = [line for key, counts in usage.items() for line in costs(Dimensions._make(key), counts)]
        truth = sum((line.amount for line in lines), Decimal(0))
        (result,) = grouped(client)
        assert isinstance(result["amount"], str)
        assert Decimal(result["amount"]) == truth > 0
        assert result["currency"] == "USD"
        assert all(result[name] is None for name in (*NAMES, "workspace_id"))


def test_a_price_can_be_checked_by_hand() -> None:
    lines = list(costs(Dimensions(model="claude-opus-5", service_tier="batch"), Counts(1_000_001, 0, 0, 0, 10, 3)))
    assert [(line.token_type, str(line.amount)) for line in lines] == [
        ("uncached_input_tokens", "250.00025"),
        ("output_tokens", "0.01250"),
        (None, "3"),
    ]


def test_every_grouping_of_the_cost_has_the_same_total() -> None:
    with admin_api() as (_, _, client):
        everything = grouped(client)
        for by in (("description",), ("workspace_id",), ("description", "workspace_id")):
            groups = grouped(client, *by)
            assert cents(groups) == cents(everything)
            assert len(groups) > 1


def test_details_are_returned_only_by_description_and_only_for_tokens() -> None:
    with admin_api() as (_, _, client):
        lines = grouped(client, "description")
        search = next(line for line in lines if line["cost_type"] == "web_search")
        assert [search[name] for name in ("model", "token_type", "service_tier", "context_window")] == [None] * 4
        token = next(line for line in lines if line["cost_type"] == "tokens")
        assert all(token[name] is not None for name in NAMES)
        assert all(line["workspace_id"] is None for line in lines)
        spaces = {line["workspace_id"] for line in grouped(client, "workspace_id")}
        assert None in spaces
        assert len(spaces) > 1


def test_priority_tier_is_used_but_costs_nothing_here() -> None:
    with admin_api() as (_, _, client):
        usage = good(client.get(MESSAGES, params={**WEDNESDAY, "service_tiers[]": "priority"}))
        assert sum(tokens(usage["data"][0]["results"])) > 0
        assert {line["service_tier"] for line in grouped(client, "description")} == {"batch", "standard", None}


def test_cost_is_returned_in_days_page_by_page() -> None:
    with admin_api() as (_, _, client):
        days = walk_report(client, COST, starting_at="2026-11-01T00:00:00Z", limit=8, bucket_width="1d")
        assert [day["starting_at"][:10] for day in days] == [f"2026-11-{n:02}" for n in range(1, 21)]


def record_of(records: list[Any], name: str) -> Any:
    return next(record for record in records if name in record["actor"].values())


def test_claude_code_has_a_record_per_person_or_key_and_terminal() -> None:
    with admin_api() as (organization, _, client):
        records = walk_report(client, CODE, starting_at="2026-11-18", limit=5)
        who = [(*sorted(record["actor"].items()), record["terminal_type"]) for record in records]
        assert len(set(who)) == len(who) > 5
        assert {record["actor"]["type"] for record in records} == {"user_actor", "api_actor"}
        mails = {record["actor"].get("email_address") for record in records} - {None}
        assert mails <= {user.email for user in organization.users()}
        key = next(record for record in records if record["actor"]["type"] == "api_actor")
        assert key["actor"]["api_key_name"] in {one.name for one in organization.api_keys()}
        assert {record["date"] for record in records} == {"2026-11-18T00:00:00Z"}
        assert {record["organization_id"] for record in records} == {organization.uuid}


def test_claude_code_agrees_with_the_usage_of_the_same_person() -> None:
    with admin_api() as (organization, _, client):
        records = walk_report(client, CODE, starting_at="2026-11-18")
        mail = next(record["actor"]["email_address"] for record in records if "email_address" in record["actor"])
        user = next(user for user in organization.users() if user.email == mail)
        mine = [record for record in records if record["actor"].get("email_address") == mail]
        used = organization.usage_totals(DAY, NEXT_DAY, ("account_id", "workspace_id"))
        code = next(space.id for space in organization.workspaces() if space.name == "Claude Code")
        models = [model["tokens"] for record in mine for model in record["model_breakdown"]]
        assert sum(sum(model.values()) for model in models) == used[(user.id, code)].tokens()
        assert all(type(model["estimated_cost"]["amount"]) is int for model in mine[0]["model_breakdown"])
        assert set(mine[0]["tool_actions"]) == {"edit_tool", "multi_edit_tool", "notebook_edit_tool", "write_tool"}


def test_claude_code_shows_only_data_older_than_an_hour_and_pages_keep_the_boundary() -> None:
    with admin_api() as (organization, _, client):
        asked: dict[str, Any] = {"starting_at": "2026-11-20", "limit": 3}
        whole = walk_report(client, CODE, **{**asked, "limit": 1000})
        first = good(client.get(CODE, params=asked))
        organization.clock.advance(6 * 3600)
        rest = walk_report(client, CODE, **asked, page=first["next_page"])
        assert first["data"] + rest == whole
        assert walk_report(client, CODE, **asked) != whole
