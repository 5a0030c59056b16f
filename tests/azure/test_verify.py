"""`claude-siem sentinel verify`: what is specific to Azure. The shared part is in `tests/siem/test_verify.py`."""

import json
from typing import Any

import orjson
import pytest

from forwarder.azure.kql import QueryComposition
from forwarder.azure.solution import rule_ids, shipped_rules
from forwarder.records import STREAMS
from forwarder.siem.test_cases import bundled_test_cases
from forwarder.simulator.http import Answer
from forwarder.simulator.logs_ingestion import refusal
from forwarder.sinks.sentinel import TABLES, row
from tests.azure.kql_shipped import functions, rules
from tests.azure.logs_query import Row, bad_query, partial
from tests.azure.query_front import front
from tests.azure.world import World, sentinel_command
from tests.cli.within import CommandResult
from tests.siem.siems import SentinelUnderTest

SMALL = "keys/admin-key-created"
TITLE = "Claude - Admin API key created"
TEST_CASES = bundled_test_cases().runnable(SMALL)
FIRES = [case.name for case in TEST_CASES if case.rows]


def arguments(cloud: World, chosen: tuple[str, ...], *options: object) -> list[object]:
    """The command line after `sentinel`."""
    named = [word for rule in chosen for word in ("--rule", rule)]
    return ["verify", "--config", cloud.file(), "--no-progress", "--yes", *named, *options]


def verify(cloud: World, *options: object) -> CommandResult:
    """The command's run over the small rule."""
    return sentinel_command(*arguments(cloud, (SMALL,), *options))


def summary(cloud: World, *options: object, chosen: tuple[str, ...] = (SMALL,)) -> dict[str, Any]:
    """The command's object."""
    found: dict[str, Any] = json.loads(sentinel_command(*arguments(cloud, chosen, "--json", *options)).stdout)
    return found


def rule(cloud: World, name: str = SMALL) -> dict[str, Any]:
    """The properties of a rule in the workspace."""
    found: dict[str, Any] = cloud.manager.at(f"alertRules/{rule_ids()[name]}")["properties"]
    return found


def sent(cloud: World) -> list[Row]:
    """Every row that the ingestion endpoint took."""
    return [one for stream in STREAMS for one in cloud.logs.rows_of(f"Custom-{TABLES[stream]}")]


def test_the_rules_of_the_shared_tests_call_every_function_that_rules_call() -> None:
    composition = QueryComposition(functions(), 0, 0)
    called = {name: set(front(composition.compose(rules()[rule_ids()[name]], "none")).functions) for name in rule_ids()}
    assert set().union(*(called[name] for name in SentinelUnderTest.rules)) == set().union(*called.values())


def test_the_preview_of_a_deployment_is_printed_first(cloud: World) -> None:
    lines = verify(cloud).stdout.splitlines()
    assert lines[0] == "ok    template: valid in resource group Security"
    assert lines[-1].startswith("1 of 1 rules verified, ")


def test_every_event_is_in_its_table_as_the_sink_writes_it_except_for_one_label(cloud: World) -> None:
    run = summary(cloud)["run"]
    stored: dict[str, list[Row]] = {}
    for one in sent(cloud):
        stored.setdefault(one["metadata"]["labels"].pop(), []).append(one)
    for number, case in enumerate(TEST_CASES, start=1):
        wanted = [orjson.loads(row(event.key_fields, event.body)) for event in case.events]
        for one in wanted:
            one["metadata"].setdefault("labels", [])
        assert stored.pop(f"verify{run}{number:05d}") == wanted
    assert (stored, run.isalnum()) == ({}, True)
    calls = [note for note in cloud.logs.served() if "/dataCollectionRules/" in note.target]
    assert len(calls) == len({event.stream for case in TEST_CASES for event in case.events})


def test_nothing_is_sent_without_confirmation(cloud: World) -> None:
    asked = ("verify", "--config", cloud.file(), "--no-progress", "--rule", SMALL)
    rows = sum(len(case.events) for case in TEST_CASES)
    for typed in ("", "n\n"):
        done = sentinel_command(*asked, typed=typed)
        assert (done.returncode, f"{rows} made-up rows will be stored in the tables of soc" in done.stderr) == (1, True)
    assert sent(cloud) == []
    done = sentinel_command(*asked, "--json")
    assert (done.returncode, "does not ask for confirmation, so it needs --yes" in done.stderr) == (2, True)
    assert sentinel_command(*asked, typed="y\n").returncode == 0
    assert len(sent(cloud)) == rows


def test_a_rule_that_was_changed_is_run_as_installed_and_noted(cloud: World) -> None:
    rule(cloud)["query"] += "\n| where false"
    done = verify(cloud)
    assert done.returncode == 1
    for name in FIRES:
        assert f"    disagreed {name}: 0 rows where 1 are expected; missing: " in done.stdout
    assert f"note: rule {TITLE!r} differs from the shipped one; it was run as installed" in done.stdout
    assert "0 of 1 rules verified" in done.stdout


def test_a_disabled_rule_is_verified_and_a_change_of_another_rule_is_not_noted(cloud: World) -> None:
    rule(cloud)["enabled"] = False
    rule(cloud, "keys/old-key-used")["query"] += "\n| where false"
    found = summary(cloud)
    assert (found["ok"], found["notes"]) == (True, [])


def test_a_function_that_was_changed_is_run_as_installed_and_noted(cloud: World) -> None:
    stored = cloud.manager.at("savedSearches/ClaudeActivity")["properties"]
    table = "ClaudeActivity_CL\n"
    stored["query"] = stored["query"].replace(table, f"{table}| where ActorType == 'robot'\n", 1)
    found = summary(cloud)
    (result,) = found["rules"]
    assert [one["test_case"] for one in result["test_cases"] if one["outcome"] == "disagreed"] == FIRES
    assert found["notes"] == ["function ClaudeActivity differs from the shipped one"]


def test_a_custom_function_that_a_changed_rule_calls_is_defined_in_front_too(cloud: World) -> None:
    mine = cloud.manager.at("savedSearches/ClaudeActivity")
    body = "ClaudeActivity(14d) | where tostring(actor_type) != ''"
    own = {**mine["properties"], "functionAlias": "MyActivity", "functionParameters": "", "query": body}
    cloud.manager.put(f"{mine['id']}Mine", name="Mine", properties=own)
    rule(cloud)["query"] = rule(cloud)["query"].replace("ClaudeActivity(lookback)", "MyActivity()")
    found = summary(cloud)
    assert "MyActivity" in front(cloud.queries.asked[-1]["query"]).functions
    assert found["rules"][0]["agreed"] == len(TEST_CASES)


@pytest.mark.parametrize("title", ["ClaudeActivity", "ClaudeExcluded"])
def test_a_missing_function_is_reported_and_nothing_is_sent(cloud: World, title: str) -> None:
    cloud.manager.remove(f"savedSearches/{title}")
    found = summary(cloud)
    (result,) = found["rules"]
    assert (result["parsed"], result["run"]) == (False, 0)
    assert "BadArgumentError" in result["error"]
    assert title in result["error"]
    assert f"function {title} is missing in the workspace" in found["notes"]
    assert sent(cloud) == []


def test_a_table_without_a_column_is_found_before_anything_is_sent(cloud: World) -> None:
    cloud.queries.absent = {"ObjectUid"}
    done = verify(cloud)
    assert done.returncode == 1
    assert "not parsed: the query: HTTP 400" in done.stdout
    assert "SEM0100 'where' operator: Failed to resolve column or scalar expression named 'ObjectUid'" in done.stdout
    assert sent(cloud) == []


def test_a_column_that_the_collection_rule_drops_is_a_disagreement(cloud: World) -> None:
    cloud.queries.emptied = {"ActorUid"}
    (result,) = summary(cloud)["rules"]
    differing = {one["text"] for one in result["test_cases"] if one["outcome"] == "disagreed"}
    assert differing
    assert all("actor_uid" in text for text in differing)


ENDS: list[tuple[Answer, str]] = [
    (partial([{"a": 1}]), "the rows are incomplete: PartialError (There were some errors with your query.)"),
    (refusal(504, "GatewayTimeout", "Gateway timeout"), "the query took longer than 120 s"),
    (refusal(403, "InsufficientAccessError", "no access"), "the query: HTTP 403 ((InsufficientAccessError) no access)"),
    (bad_query("LimitsExceeded", "Query is too complex"), "LimitsExceeded Query is too complex"),
]


def test_a_test_case_whose_query_fails_is_inconclusive_and_the_rest_are_compared(cloud: World) -> None:
    cloud.queries.answers = {f"{number:05d}'": answer for number, (answer, _) in enumerate(ENDS, start=1)}
    (result,) = summary(cloud)["rules"]
    for verdict, (_, words) in zip(result["test_cases"], ENDS, strict=False):
        assert (verdict["outcome"], words in verdict["text"]) == ("inconclusive", True), verdict
    assert (result["inconclusive"], result["agreed"]) == (len(ENDS), len(TEST_CASES) - len(ENDS))


def test_without_the_permission_to_query_the_command_ends_before_anything_is_sent(cloud: World) -> None:
    cloud.queries.denied = True
    done = verify(cloud)
    assert (done.returncode, "InsufficientAccessError" in done.stderr) == (1, True)
    assert sent(cloud) == []


def test_late_events_are_awaited(cloud: World) -> None:
    cloud.queries.late = 1
    slow = refusal(504, "GatewayTimeout", "Gateway timeout")
    cloud.queries.once = {"summarize events = count() by label": [slow, partial([])]}
    assert summary(cloud)["ok"]
    assert (cloud.queries.late, cloud.queries.once) == (0, {"summarize events = count() by label": []})


def test_a_sink_without_the_role_gets_the_role_to_grant(cloud: World) -> None:
    cloud.logs.grant(False)
    done = verify(cloud)
    assert (done.returncode, "Monitoring Metrics Publisher" in done.stderr) == (1, True)


def test_watchlists_with_entries_of_the_customer_or_missing_are_noted(cloud: World) -> None:
    cloud.manager.at("watchlists/ClaudeKeys")["properties"]["rawContent"] += "apikey_mine,me@example.com,30\n"
    cloud.manager.remove("watchlists/ClaudePeople")
    assert summary(cloud)["notes"] == [
        "watchlist ClaudePeople is missing in the workspace",
        "watchlist ClaudeKeys has entries of your own: rules that read it may return other rows for good reason",
    ]


@pytest.mark.parametrize(
    ("path", "note"),
    [
        ("/watchlists", "watchlists cannot be compared with the shipped ones: watchlists: HTTP 403"),
        ("/claudekeys/watchlistitems", "watchlist ClaudeKeys cannot be read: watchlist ClaudeKeys: HTTP 403"),
    ],
)
def test_watchlists_without_read_permission_are_noted(path: str, note: str, cloud: World) -> None:
    cloud.manager.denied = {path}
    found = summary(cloud)
    (noted,) = found["notes"]
    assert (found["ok"], noted.startswith(note)) == (True, True), noted


def test_an_invalid_deployment_is_reported_first_and_fails(cloud: World) -> None:
    cloud.manager.deployments.invalid = [{"code": "InvalidTemplate", "message": "not valid"}]
    done = verify(cloud)
    lines = done.stdout.splitlines()
    assert (done.returncode, lines[0].startswith("FAIL  template: Azure does not accept it")) == (1, True)
    assert lines[-1].startswith("1 of 1 rules verified")


def test_every_rule_has_the_id_by_which_it_is_deployed() -> None:
    assert set(rule_ids().values()) == set(shipped_rules()) == set(rules())
