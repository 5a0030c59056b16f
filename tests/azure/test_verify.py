"""`claude-siem sentinel verify`, end to end: Azure takes the stories, runs the rules' queries, differences are told.

The workspace is an independent engine of KQL behind Azure's interfaces: what is proven here is the command, not Azure.
"""

import json
from typing import Any

import orjson
import pytest

from forwarder.azure.composition import Composition
from forwarder.azure.solution import rule_ids, shipped_rules
from forwarder.records import STREAMS
from forwarder.siem.stories import stories
from forwarder.simulator.http import Answer
from forwarder.simulator.logs_ingestion import refusal
from forwarder.sinks.sentinel import TABLES, row
from tests.azure.kql_shipped import functions, rules
from tests.azure.logs_query import Row, bad_query, partial
from tests.azure.query_front import front
from tests.azure.standin import WORKSPACE
from tests.azure.world import World, sentinel_command
from tests.cli.commands import claude_siem
from tests.cli.within import CommandResult

RULES = (
    "keys/key-from-new-network",
    "keys/old-key-used",
    "off-hours/off-hours-export",
    "tokens/session-token-burst",
    "tokens/token-spike-user",
)
"""They call every function that rules call."""
SMALL = "keys/admin-key-created"
TITLE = "Claude - Admin API key created"
STORIES = stories().runnable(SMALL)
FIRES = [story.name for story in STORIES if story.rows]


def arguments(cloud: World, chosen: tuple[str, ...], *options: object) -> list[object]:
    """The command line after `sentinel`."""
    named = [word for rule in chosen for word in ("--rule", rule)]
    return ["verify", "--config", cloud.file(), "--no-progress", "--yes", *named, *options]


def verify(cloud: World, *options: object) -> CommandResult:
    """The command's run over the small rule."""
    return sentinel_command(*arguments(cloud, (SMALL,), *options))


def told(cloud: World, *options: object, chosen: tuple[str, ...] = (SMALL,)) -> dict[str, Any]:
    """The command's object."""
    summary: dict[str, Any] = json.loads(sentinel_command(*arguments(cloud, chosen, "--json", *options)).stdout)
    return summary


def rule(cloud: World, name: str = SMALL) -> dict[str, Any]:
    """The properties of a rule in the workspace."""
    found: dict[str, Any] = cloud.manager.at(f"alertRules/{rule_ids()[name]}")["properties"]
    return found


def sent(cloud: World) -> list[Row]:
    """Every row that the ingestion endpoint took."""
    return [one for stream in STREAMS for one in cloud.logs.rows_of(f"Custom-{TABLES[stream]}")]


def test_rules_that_call_every_function_agree_with_all_their_stories(cloud: World) -> None:
    composition = Composition(functions(), 0, 0)
    called = {name: set(front(composition.of(rules()[rule_ids()[name]], "none")).functions) for name in rule_ids()}
    assert set().union(*(called[name] for name in RULES)) == set().union(*called.values())
    done = claude_siem("sentinel", *arguments(cloud, RULES), timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "ok    template: Azure takes it in Security"
    figures = {line.split()[0]: line.split()[1:] for line in lines}
    for name in RULES:
        run, skipped = len(stories().runnable(name)), stories().skipped(name)
        assert figures[name] == ["yes", str(run), str(run), "0", "0", str(skipped)]
    assert lines[-2] == "skipped: stories that need a lookup filled in; yours are not touched"
    assert lines[-1].startswith("5 of 5 rules proven, ")
    assert [note for note in cloud.manager.served() if note.method not in ("GET", "POST")] == []


def test_every_event_is_in_its_table_as_the_sink_writes_it_but_for_one_label(cloud: World) -> None:
    run = told(cloud)["run"]
    held: dict[str, list[Row]] = {}
    for one in sent(cloud):
        held.setdefault(one["metadata"]["labels"].pop(), []).append(one)
    for number, story in enumerate(STORIES, start=1):
        wanted = [orjson.loads(row(event.key_fields, event.body)) for event in story.events]
        for one in wanted:
            one["metadata"].setdefault("labels", [])
        assert held.pop(f"{run}{number:05d}") == wanted
    assert (held, run.isalnum()) == ({}, True)
    calls = [note for note in cloud.logs.served() if "/dataCollectionRules/" in note.target]
    assert len(calls) == len({event.stream for story in STORIES for event in story.events})


def test_nothing_is_sent_before_somebody_says_yes(cloud: World) -> None:
    asked = ("verify", "--config", cloud.file(), "--no-progress", "--rule", SMALL)
    rows = sum(len(story.events) for story in STORIES)
    for typed in ("", "n\n"):
        done = sentinel_command(*asked, typed=typed)
        assert (done.returncode, f"{rows} made-up rows go into the tables of soc" in done.stderr) == (1, True)
    assert sent(cloud) == []
    done = sentinel_command(*asked, "--json")
    assert (done.returncode, "asks nothing, so it needs --yes" in done.stderr) == (2, True)
    assert sentinel_command(*asked, typed="y\n").returncode == 0
    assert len(sent(cloud)) == rows


def test_a_second_run_is_not_disturbed_by_the_events_of_the_first(cloud: World) -> None:
    first, second = told(cloud), told(cloud)
    assert (first["ok"], second["ok"]) == (True, True)
    assert first["run"] != second["run"]
    assert len(sent(cloud)) == 2 * sum(len(story.events) for story in STORIES)


def test_a_rule_that_was_changed_is_run_as_installed_and_noted(cloud: World) -> None:
    rule(cloud)["query"] += "\n| where false"
    done = verify(cloud)
    assert done.returncode == 1
    for name in FIRES:
        assert f"    disagreed {name}: 0 rows where 1 are expected; missing: " in done.stdout
    assert f"note: rule {TITLE!r} is other than shipped; it was run as it is installed" in done.stdout
    assert "0 of 1 rules proven" in done.stdout


def test_that_a_rule_is_switched_off_and_another_one_changed_is_none_of_this_runs_affairs(cloud: World) -> None:
    rule(cloud)["enabled"] = False
    rule(cloud, "keys/old-key-used")["query"] += "\n| where false"
    summary = told(cloud)
    assert (summary["ok"], summary["notes"]) == (True, [])


def test_a_function_that_was_changed_is_run_as_installed_and_noted(cloud: World) -> None:
    held = cloud.manager.at("savedSearches/ClaudeActivity")["properties"]
    held["query"] = held["query"].replace("ClaudeActivity_CL\n", "ClaudeActivity_CL\n| where ActorType == 'robot'\n", 1)
    summary = told(cloud)
    (found,) = summary["rules"]
    assert [one["story"] for one in found["stories"] if one["outcome"] == "disagreed"] == FIRES
    assert summary["notes"] == ["function ClaudeActivity is other than shipped"]


def test_a_function_of_the_customers_own_that_a_rule_was_made_to_call_is_written_out_too(cloud: World) -> None:
    mine = cloud.manager.at("savedSearches/ClaudeActivity")
    body = "ClaudeActivity(14d) | where tostring(actor_type) != ''"
    own = {**mine["properties"], "functionAlias": "MyActivity", "functionParameters": "", "query": body}
    cloud.manager.put(f"{mine['id']}Mine", name="Mine", properties=own)
    rule(cloud)["query"] = rule(cloud)["query"].replace("ClaudeActivity(lookback)", "MyActivity()")
    summary = told(cloud)
    assert "MyActivity" in front(cloud.queries.asked[-1]["query"]).functions
    assert summary["rules"][0]["agreed"] == len(STORIES)


@pytest.mark.parametrize("title", ["ClaudeActivity", "ClaudeExcluded"])
def test_a_function_that_is_missing_is_told_and_nothing_is_sent(cloud: World, title: str) -> None:
    cloud.manager.remove(f"savedSearches/{title}")
    summary = told(cloud)
    (found,) = summary["rules"]
    assert (found["parsed"], found["run"]) == (False, 0)
    assert "BadArgumentError" in found["fault"]
    assert title in found["fault"]
    assert f"function {title} is not in the workspace" in summary["notes"]
    assert sent(cloud) == []


def test_a_table_without_a_column_is_found_before_anything_is_sent(cloud: World) -> None:
    cloud.queries.absent = {"ObjectUid"}
    done = verify(cloud)
    assert done.returncode == 1
    assert "not parsed: the query: HTTP 400" in done.stdout
    assert "SEM0100 'where' operator: Failed to resolve column or scalar expression named 'ObjectUid'" in done.stdout
    assert sent(cloud) == []


def test_a_column_that_the_collection_rule_drops_on_the_way_is_a_disagreement(cloud: World) -> None:
    cloud.queries.emptied = {"ActorUid"}
    (found,) = told(cloud)["rules"]
    differing = {one["text"] for one in found["stories"] if one["outcome"] == "disagreed"}
    assert differing
    assert all("actor_uid" in text for text in differing)


def test_rows_that_differ_are_told_by_the_first_difference(cloud: World) -> None:
    cloud.queries.rewrite = lambda rows: [one | {"user": "somebody"} for one in rows]
    summary = told(cloud)
    (found,) = summary["rules"]
    assert (summary["ok"], found["disagreed"]) == (False, len(FIRES))
    assert all("user is somebody where " in one["text"] for one in found["stories"] if one["outcome"] == "disagreed")


def test_a_rule_that_is_not_installed_is_told_and_the_others_are_run(cloud: World) -> None:
    cloud.manager.remove(f"alertRules/{rule_ids()[SMALL]}")
    absent, other = told(cloud, chosen=(SMALL, "keys/compliance-key-created"))["rules"]
    assert (absent["fault"], absent["run"]) == ("not installed", 0)
    assert other["agreed"] == other["run"] > 5


ENDS: list[tuple[Answer, str]] = [
    (partial([{"a": 1}]), "the rows are not all: PartialError (There were some errors with your query.)"),
    (refusal(504, "GatewayTimeout", "Gateway timeout"), "the query took longer than 120 s"),
    (refusal(403, "InsufficientAccessError", "no access"), "the query: HTTP 403 ((InsufficientAccessError) no access)"),
    (bad_query("LimitsExceeded", "Query is too complex"), "LimitsExceeded Query is too complex"),
]


def test_a_story_whose_query_does_not_end_well_is_unproven_and_the_rest_are_judged(cloud: World) -> None:
    cloud.queries.answers = {f"{number:05d}'": answer for number, (answer, _) in enumerate(ENDS, start=1)}
    (found,) = told(cloud)["rules"]
    for judged, (_, words) in zip(found["stories"], ENDS, strict=False):
        assert (judged["outcome"], words in judged["text"]) == ("unproven", True), judged
    assert (found["unproven"], found["agreed"]) == (len(ENDS), len(STORIES) - len(ENDS))


def test_who_may_not_query_is_told_in_a_line_before_anything_is_sent(cloud: World) -> None:
    cloud.queries.denied = True
    done = verify(cloud)
    assert (done.returncode, "InsufficientAccessError" in done.stderr) == (1, True)
    assert sent(cloud) == []


def test_events_that_come_late_are_waited_for(cloud: World) -> None:
    cloud.queries.late = 1
    slow = refusal(504, "GatewayTimeout", "Gateway timeout")
    cloud.queries.once = {"summarize events = count() by mark": [slow, partial([])]}
    assert told(cloud)["ok"]
    assert (cloud.queries.late, cloud.queries.once) == (0, {"summarize events = count() by mark": []})


def test_events_that_never_come_leave_their_stories_unproven_and_no_others(cloud: World) -> None:
    cloud.queries.hidden = lambda one: one["metadata"]["labels"][-1].endswith("00001")
    done = verify(cloud, "--wait", "1")
    assert done.returncode == 1
    lacking = len(STORIES[0].events)
    assert f"    unproven {STORIES[0].name}: {lacking} of its events cannot be queried; look at DCR" in done.stdout
    assert f"0 of 1 rules proven, {len(STORIES) - 1} of {len(STORIES)} stories agreed" in done.stdout


def test_an_endpoint_that_is_busy_for_a_while_gets_every_event(cloud: World) -> None:
    cloud.logs.fault("throttled", path="/streams/", retry_after=0.2)
    cloud.logs.fault("unavailable", path="/streams/")
    assert told(cloud)["ok"]


def test_an_event_that_the_endpoint_refuses_ends_the_run_by_name(cloud: World) -> None:
    cloud.logs.fault("refused", path="/streams/", times=20)
    done = verify(cloud, "--wait", "1")
    assert done.returncode == 1
    assert f"{SMALL} {STORIES[0].name}: the ingestion endpoint refuses an event (http-400-invalid" in done.stderr


def test_a_forwarder_without_the_role_is_told_what_to_grant(cloud: World) -> None:
    cloud.logs.grant(False)
    done = verify(cloud)
    assert (done.returncode, "Monitoring Metrics Publisher" in done.stderr) == (1, True)


def test_watchlists_with_rows_of_ones_own_or_missing_are_noted(cloud: World) -> None:
    cloud.manager.at("watchlists/ClaudeKeys")["properties"]["rawContent"] += "apikey_mine,me@example.com,30\n"
    cloud.manager.remove("watchlists/ClaudePeople")
    assert told(cloud)["notes"] == [
        "watchlist ClaudeKeys holds rows of your own: rules that read it may rightly say something else",
        "watchlist ClaudePeople is not in the workspace",
    ]


@pytest.mark.parametrize(
    ("path", "note"),
    [
        ("/watchlists", "whether watchlists hold rows of your own is not known: watchlists: HTTP 403"),
        ("/claudekeys/watchlistitems", "watchlist ClaudeKeys cannot be read: watchlist ClaudeKeys: HTTP 403"),
    ],
)
def test_watchlists_that_may_not_be_read_are_noted(path: str, note: str, cloud: World) -> None:
    cloud.manager.denied = {path}
    summary = told(cloud)
    (said,) = summary["notes"]
    assert (summary["ok"], said.startswith(note)) == (True, True), said


def test_what_a_deployment_would_break_is_told_first_and_fails(cloud: World) -> None:
    cloud.manager.deployments.invalid = [{"code": "InvalidTemplate", "message": "not valid"}]
    done = verify(cloud)
    lines = done.stdout.splitlines()
    assert (done.returncode, lines[0].startswith("FAIL  template: Azure does not take it")) == (1, True)
    assert lines[-1].startswith("1 of 1 rules proven")


@pytest.mark.parametrize(
    ("chosen", "workspace", "words"),
    [("keys/none", WORKSPACE, "--rule keys/none: no such rule"), (SMALL, None, "management.workspace is not set")],
)
def test_wrong_use_is_told_before_anybody_is_asked(
    chosen: str, workspace: str | None, words: str, cloud: World
) -> None:
    file = cloud.file(management__workspace=workspace)
    done = claude_siem("sentinel", "verify", "--yes", "--config", file, "--rule", chosen)
    assert (done.returncode, words in done.stderr) == (2, True)
    assert cloud.manager.served() == []


def test_every_rule_has_the_id_by_which_it_is_deployed() -> None:
    assert set(rule_ids().values()) == set(shipped_rules()) == set(rules())
