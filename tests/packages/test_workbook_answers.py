"""Every tile of every workbook answers over a simulated month and an attack, and answers as the dashboards do.

KQL ran in duckdb-kql, not in Sentinel. What that engine cannot run is bound only, and says so.
"""

import copy
from datetime import UTC, datetime
from typing import Any

import duckdb
import duckdb_kql
import pytest

from forwarder.ocsf.feed.catalogue import plans
from tests.content.execute import content
from tests.packages import dashboards_counted as counted
from tests.packages.dashboard_world import world
from tests.packages.notebooks import queries
from tests.packages.workbook_answers import (
    VIEWED_AT,
    WORKBOOK_FUNCTIONS,
    Rows,
    figure,
    filled,
    literals,
    rows,
    sent,
    sentinel,
    workspace,
)
from tools.content.dashboards import SOURCES as DASHBOARDS
from tools.content.dashboards_source import load_dashboards
from tools.content.workbooks import SOURCES
from tools.content.workbooks_source import load_workbooks

WORKBOOKS = load_workbooks(SOURCES)
EXECUTED = [(name, tile) for name, workbook in WORKBOOKS.items() for tile in workbook.tiles if not tile.bound_only]
BOUND_ONLY = [(name, tile.id) for name, workbook in WORKBOOKS.items() for tile in workbook.tiles if tile.bound_only]
UNFILLED = {("ClaudeSetup", "sources"): {"Setting"}}
"""What only another world fills."""
ATTACKER = "dai.abe@example.com"
ASKED = {"ClaudeWho": {"Who": ATTACKER}}
"""For all users, both read at most 5,000 events, but one before and one after deduplication."""


def test_only_what_the_engine_cannot_run_is_bound_only() -> None:
    assert len(BOUND_ONLY) == 4
    for name, tile in BOUND_ONLY:
        with pytest.raises((duckdb_kql.KqlError, duckdb.Error)):
            sentinel().query(filled(queries(name)[tile]["query"], name, {}), VIEWED_AT)


@pytest.mark.parametrize("name", WORKBOOKS)
def test_every_tile_has_rows_and_fills_its_formatted_and_clicked_columns(name: str) -> None:
    for tile in (tile for of, tile in EXECUTED if of == name):
        held = rows(name, tile.id)
        assert held, tile.id
        named = {*tile.columns, *tile.click.values()}
        empty = {column for column in named if all(row.get(column) in (None, "", "-") for row in held)}
        assert empty <= UNFILLED.get((name, tile.id), set()), tile.id
        assert set(tile.colors) <= series(held) | UNSEEN, tile.id


UNSEEN = {"Content"}
"""No source of content is collected yet."""


def series(held: Rows) -> set[str]:
    """What a chart's series are called: columns, or the values of the column of words."""
    return {*held[0], *(value for row in held for value in row.values() if isinstance(value, str))}


AGREE = [
    (name, tile.id)
    for name, tile in EXECUTED
    for dashboard in [load_dashboards(DASHBOARDS)[f"claude_{name.removeprefix('Claude').lower()}"]]
    for panel in dashboard.panels
    if panel.id == tile.id and tile.show == "number"
]


@pytest.mark.parametrize("name", WORKBOOKS)
def test_every_number_equals_that_of_the_splunk_dashboard(name: str) -> None:
    """The dashboards' own tests recompute their values in Python."""
    tiles, chosen = [tile for of, tile in AGREE if of == name], ASKED.get(name, {})
    assert tiles
    for tile in tiles:
        tokens = {parameter.lower(): value for parameter, value in chosen.items()}
        shown = counted.figure(f"claude_{name.removeprefix('Claude').lower()}", tile, **tokens)
        assert figure(name, tile, **chosen) == pytest.approx(shown, abs=0.06), tile


def test_a_workspace_without_events_has_numbers_and_no_error() -> None:
    empty = workspace([])
    numbers = {(name, tile.of): tile.id for name, tile in EXECUTED if tile.show == "number"}
    for (name, _), tile in numbers.items():
        held = empty.query(filled(queries(name)[tile]["query"], name, {}), VIEWED_AT)
        assert {row["Answer"] for row in held} <= {0, None, *ALL_LACK.get(tile, ())}, tile


ALL_LACK = {"not_ready": (len(content().detections),)}


def test_functions_return_the_source_of_every_event() -> None:
    each = (
        f"({name}(datetime(2026-01-01), now()) | project EventUid, source)"
        for name in WORKBOOK_FUNCTIONS
        if "Between" in name
    )
    found = sentinel().query(f"union {', '.join(each)}", VIEWED_AT)
    known = {e["fields"]["claude_uid"]: e["source"].removeprefix("claude:") for e in world().envelopes}
    assert {row["EventUid"]: row["source"] for row in found} == known
    assert len(found) == len(known)


def test_functions_return_each_event_of_the_time_range_once_in_its_newest_revision() -> None:
    bucket, activity = (copy.deepcopy(world().of(source)[-1]) for source in ("usage", "activities"))
    restated, again = copy.deepcopy(bucket), copy.deepcopy(activity)
    restated["event"]["unmapped"]["revision"] += 1
    restated["fields"]["claude_tokens"] = 7
    again["event"]["metadata"]["logged_time"] += 1
    again["event"]["status"] = "Other"
    (bucket_row, restated_row, *rest) = map(sent, (bucket, restated, activity, again, activity))
    held = workspace([restated_row, bucket_row, *rest])
    literal = f"datetime({datetime.fromtimestamp(bucket['time'], UTC):%Y-%m-%dT%H:%M:%S}Z)"
    query = "ClaudeUsageBetween({0}, {1}) | project TotalTokens"
    assert held.query(query.format(literal, literal), VIEWED_AT) == [{"TotalTokens": 7}]
    assert held.query(query.format(f"{literal} + 1s", "now()"), VIEWED_AT) == []
    assert held.query(query.format("datetime(2026-01-01)", f"{literal} - 1s"), VIEWED_AT) == []
    found = held.query("ClaudeActivityBetween(datetime(2026-01-01), now()) | project status", VIEWED_AT)
    assert found == [{"status": "Other"}]


def test_codes_are_those_of_the_catalogue() -> None:
    known = {row["EventCode"]: (row["theme"], row["means"]) for row in literals("ClaudeCodes")}
    assert {code: known[code] for code in plans()} == {code: (plan.theme, plan.means) for code, plan in plans().items()}
    assert "claude_code.tool_result" in known


def total(held: Rows, column: str, **where: Any) -> float:
    """The sum of a column over the rows whose other columns have these values."""
    return sum(float(row[column]) for row in held if all(row[key] == value for key, value in where.items()))


def test_charts_and_tables_agree_with_the_numbers() -> None:
    assert total(rows("ClaudeOverview", "arrivals"), "Events") == len(
        {
            e["fields"]["claude_uid"]
            for e in counted.within(world().envelopes, counted.days(7))
            if "forwarder" not in e["source"]
        }
    )
    assert total(rows("ClaudeOverview", "raised"), "Count", Severity="High") == figure("ClaudeOverview", "high")
    for tile, outcome in {"succeeded": "Succeeded", "failed": "Failed"}.items():
        assert total(rows("ClaudeIdentity", "by_day"), "Count", Outcome=outcome) == figure("ClaudeIdentity", tile)
    assert total(rows("ClaudeIdentity", "failures"), "Failed") == figure("ClaudeIdentity", "failed")
    assert total(rows("ClaudeKeys", "ages"), "Keys") == figure("ClaudeKeys", "active")
    for tile in ("tokens_by_day", "workspaces", "models"):
        assert total(rows("ClaudeTokens", tile), "Tokens") == pytest.approx(figure("ClaudeTokens", "tokens") * 1e6)
    for tile in ("cost_by_day", "workspaces", "models"):
        missing = (
            0 if tile != "models" else total(rows("ClaudeTokens", "cost_by_day"), "US dollars", Model="web_search")
        )
        dollars = total(rows("ClaudeTokens", tile), "US dollars")
        assert dollars + missing == pytest.approx(figure("ClaudeTokens", "cost")), tile
    assert total(rows("ClaudeAgents", "tools"), "Denied") == figure("ClaudeAgents", "refused")
    assert total(rows("ClaudeAgents", "deciders"), "Decisions", Decision="Denied") == figure("ClaudeAgents", "refused")
    assert total(rows("ClaudeExposure", "by_day"), "Events", Kind="Exports") == figure("ClaudeExposure", "exports")
    assert total(rows("ClaudeExposure", "by_day"), "Events") == len(rows("ClaudeExposure", "exposed"))


def test_a_selected_user_is_matched_by_address_and_id() -> None:
    name, uid = ATTACKER, "user_01b8u1CPpzBCNjS6W92jY5P4"
    fields = ("claude_user", "claude_actor", "claude_object", "claude_src")
    known = {
        e["fields"]["claude_uid"]
        for e in counted.within(
            world().of("activities", "api_keys", "usage", "claude_code_usage", "otlp"), counted.days(7)
        )
        if {name, uid} & {e["fields"].get(field) for field in fields} and ".inventory" not in e["fields"]["claude_code"]
    }
    steps = rows("ClaudeWho", "trail", Who=name)
    assert {row["Event"] for row in steps} == known
    assert len(known) > 100
    assert [row["Time"] for row in steps] == sorted((row["Time"] for row in steps), reverse=True)
    closer = rows("ClaudeOverview", "closer_trail", Who=name)
    assert {row["Event"]: row for row in closer} == {row["Event"]: row for row in steps}
    assert rows("ClaudeWho", "trail", Who="o'brien@example.com") == []


def test_other_parameters_filter_the_tiles() -> None:
    shares = {row["Workspace"]: row for row in rows("ClaudeTokens", "workspaces")}
    chosen = next(iter(shares))
    (only,) = rows("ClaudeTokens", "workspaces", Workspace=chosen)
    assert only == {**shares[chosen], "US dollars": pytest.approx(shares[chosen]["US dollars"])}
    assert figure("ClaudeTokens", "cost", Workspace=chosen) == pytest.approx(only["US dollars"])
    assert figure("ClaudeTokens", "share", Limit="1000") == pytest.approx(10 * figure("ClaudeTokens", "share"), abs=0.6)
    assert figure("ClaudeKeys", "due", MaxAge="30") == counted.figure("claude_keys", "due", max_age="30")
    person = rows("ClaudeAgents", "sessions_listed")[0]["User"]
    assert figure("ClaudeAgents", "people", Person=person.upper()) == 1
    assert {row["Who"] for row in rows("ClaudeExposure", "exposed", Person=ATTACKER)} == {ATTACKER}


def test_a_dropdown_starts_with_all() -> None:
    query = WORKBOOKS["ClaudeTokens"].parameters["Workspace"].choices or ""
    offered = sentinel().query(query, VIEWED_AT)
    assert offered[0] == {"value": "*", "label": "All workspaces"}
    used = {row["Workspace"] for row in rows("ClaudeTokens", "workspaces")}
    assert used <= {choice["value"] for choice in offered}


@pytest.mark.parametrize(("missing", "silences"), [((5,), []), ((5, 6), [15.0])])
def test_a_reporting_gap_is_more_than_one_missing_report(missing: tuple[int, ...], silences: list[float]) -> None:
    newest = sorted(world().of("forwarder"), key=lambda envelope: float(envelope["time"]))[-20:]
    held = workspace(sent(envelope) for number, envelope in enumerate(newest) if number not in missing)
    query = filled(queries("ClaudeForwarder")["silences"]["query"], "ClaudeForwarder", {})
    assert [row["Minutes"] for row in held.query(query, VIEWED_AT)] == silences


def test_with_activities_only_the_missing_sources_are_named_with_their_setting() -> None:
    poor = workspace(map(sent, world().of("activities")))
    shown = {
        tile: poor.query(filled(queries("ClaudeSetup")[tile]["query"], "ClaudeSetup", {}), VIEWED_AT)
        for tile in ("sources", "rules", "ready", "not_ready")
    }
    assert {row["Source"]: row["Setting"] for row in shown["sources"]}["usage"] == "sources.usage.enabled"
    lacking = {row["Rule"]: row["Enable first"] for row in shown["rules"] if row["Data"] == "missing"}
    assert lacking["Claude - API key rotation overdue"] == "sources.api_keys"
    assert "activities" not in " ".join(lacking.values())
    assert shown["not_ready"][0]["Answer"] == len(lacking)
    assert shown["ready"][0]["Answer"] == len(shown["rules"]) - len(lacking) > 0
