"""`claude-siem splunk verify`, end to end: HEC takes the stories, a search head runs the rules, differences are told.

The search head is our interpreter of SPL behind splunkd's interface: what is proven here is the command, not Splunk.
"""

import json
from typing import Any

import orjson
import pytest

from forwarder.siem.stories import stories
from forwarder.sinks.base import chunk_events
from forwarder.sinks.splunk.sink import envelopes
from forwarder.splunkd.shipped import shipped
from forwarder.store import Packed, pack
from tests.cli.commands import claude_siem
from tests.cli.within import CommandResult
from tests.splunkd.atom import Entry
from tests.splunkd.world import VERIFY_INDEX, World, splunk_command

RULES = (
    "keys/old-key-used",
    "keys/key-churn",
    "tokens/token-spike-user",
    "tokens/session-token-burst",
    "off-hours/off-hours-activity",
    "off-hours/off-hours-api-key-use",
    "visibility/forwarder-silent",
    "visibility/telemetry-redirected",
)
SPIKE = "tokens/token-spike-user"
TITLE = shipped().titles[SPIKE]
FIRES = [story.name for story in stories().rules[SPIKE] if story.rows and not story.lookups]


def arguments(splunk: World, rules: tuple[str, ...], *options: object) -> list[object]:
    """The command line after `splunk`."""
    chosen = [word for rule in rules for word in ("--rule", rule)]
    return ["verify", "--config", splunk.file(), "--no-progress", *chosen, *options]


def verify(splunk: World, *options: object, rules: tuple[str, ...] = (SPIKE,)) -> CommandResult:
    """The command's run over these rules."""
    return splunk_command(*arguments(splunk, rules, *options))


def told(splunk: World, *options: object, rules: tuple[str, ...] = (SPIKE,)) -> dict[str, Any]:
    """The command's object."""
    summary: dict[str, Any] = json.loads(verify(splunk, "--json", *options, rules=rules).stdout)
    return summary


def test_rules_of_every_family_agree_with_all_their_stories(splunk: World) -> None:
    done = claude_siem("splunk", *arguments(splunk, RULES))
    assert done.returncode == 0, done.stdout
    lines = done.stdout.splitlines()
    figures = {line.split()[0]: line.split()[1:] for line in lines[1 : len(RULES) + 1]}
    for rule in RULES:
        skipped = sum(bool(story.lookups) for story in stories().rules[rule])
        run = len(stories().rules[rule]) - skipped
        assert figures[rule] == ["yes", str(run), str(run), "0", "0", str(skipped)]
        assert run > 8
        assert skipped > 1
    assert lines[-2] == "skipped: stories that need a lookup filled in; yours are not touched"
    assert lines[-1].startswith("8 of 8 rules proven, ")
    assert len(splunk.splunkd.served()) > 400
    assert splunk.splunkd.changes == []


def test_every_event_is_in_the_named_index_as_the_sink_writes_it_under_a_source_of_its_story(splunk: World) -> None:
    run = told(splunk)["run"]
    held: dict[str, list[dict[str, Any]]] = {}
    for envelope in splunk.hec.events():
        held.setdefault(envelope["source"], []).append(envelope)
    for story in stories().rules[SPIKE]:
        for stream, events in story.streams.items():
            source = f"claude:verify/{run}/{SPIKE}/{story.name.replace('.', '/')}/{stream}"
            sent = held.pop(source, [])
            (chunk,) = pack("usage", [Packed(event, 0, None) for event in events])
            as_the_sink = [
                orjson.loads(one) for one in envelopes(chunk_events(chunk), chunk.source, "host", VERIFY_INDEX)
            ]
            assert [{**one, "host": "host", "source": "claude:usage"} for one in sent] == (
                [] if story.lookups else as_the_sink
            )
    assert held == {}


def test_a_macro_changed_on_the_server_is_a_disagreement_and_a_note(splunk: World) -> None:
    splunk.splunkd.head.macros["claude_param_token_spike_user_sigma"]["definition"] = "1000.0"
    done = verify(splunk)
    assert done.returncode == 1
    for name in FIRES:
        assert f"    disagreed {name}: 0 rows where 1 are expected; missing: actor_uid=" in done.stdout
    assert "note: macro claude_param_token_spike_user_sigma is '1000.0' on the server, '3.0' as shipped" in done.stdout
    assert "0 of 1 rules proven" in done.stdout


def test_a_macro_of_the_same_name_in_another_app_is_none_of_ours(splunk: World) -> None:
    other = Entry("claude_param_token_spike_user_sigma", {"definition": "1000.0"}, "search")
    splunk.splunkd.strays = [other]
    summary = told(splunk)
    assert (summary["ok"], summary["notes"]) == (True, [])


def test_an_index_macro_that_names_the_customers_index_is_no_deviation(splunk: World) -> None:
    splunk.splunkd.head.macros["claude_index_usage"]["definition"] = "index=ai_usage"
    summary = told(splunk)
    assert (summary["ok"], summary["notes"]) == (True, [])


def test_rows_that_differ_are_told_by_the_first_difference(splunk: World) -> None:
    splunk.splunkd.rewrite = lambda rows: [row | ({"times": "99"} if "times" in row else {}) for row in rows]
    summary = told(splunk)
    (rule,) = summary["rules"]
    assert (summary["ok"], rule["disagreed"]) == (False, len(FIRES))
    differing = [story for story in rule["stories"] if story["outcome"] == "disagreed"]
    assert [story["story"] for story in differing] == FIRES
    assert all(story["text"].startswith("times is 99 where ") for story in differing)


def test_a_row_that_does_not_say_what_every_finding_says_is_told(splunk: World) -> None:
    splunk.splunkd.rewrite = lambda rows: [row | ({"dedup_key": ""} if "dedup_key" in row else {}) for row in rows]
    (rule,) = told(splunk)["rules"]
    assert [story["text"] for story in rule["stories"] if story["outcome"] == "disagreed"] == (
        ["dedup_key is empty"] * len(FIRES)
    )


def test_a_rule_that_the_parser_refuses_is_not_run_and_the_others_are(splunk: World) -> None:
    searches = splunk.splunkd.entities["saved/searches"]
    (at,) = (n for n, entry in enumerate(searches) if entry.name == TITLE)
    broken = searches[at].content["search"].replace("| stats", "| statss")
    searches[at] = searches[at]._replace(content={**searches[at].content, "search": broken})
    summary = told(splunk, rules=(SPIKE, "visibility/telemetry-redirected"))
    spike, other = summary["rules"]
    assert (spike["parsed"], spike["run"], "statss" in spike["fault"]) == (False, 0, True)
    assert (other["parsed"], other["agreed"]) == (True, other["run"])
    assert all(SPIKE not in envelope["source"] for envelope in splunk.hec.events())


def test_a_rule_that_is_not_installed_is_told(splunk: World) -> None:
    splunk.splunkd.entities["saved/searches"] = [
        entry for entry in splunk.splunkd.entities["saved/searches"] if entry.name != TITLE
    ]
    done = verify(splunk)
    assert (done.returncode, "not parsed: not installed, or the user may not read it" in done.stdout) == (1, True)


def test_a_search_that_fails_gives_splunks_own_words(splunk: World) -> None:
    words = "Error in 'lookup' command: Could not construct lookup 'claude_exclusions'."
    splunk.splunkd.failing = {
        "streamstats": {"dispatchState": "FAILED", "isFailed": "1", "messages": {"fatal": [words]}}
    }
    (rule,) = told(splunk)["rules"]
    assert rule["unproven"] == rule["run"] > 0
    assert {story["text"] for story in rule["stories"]} == {f"the search failed: {words}"}


def test_events_that_never_become_searchable_leave_their_stories_unproven(splunk: World) -> None:
    splunk.splunkd.head.blind = True
    done = verify(splunk, "--wait", "1")
    assert done.returncode == 1
    assert "of its events are not searchable" in done.stdout
    assert "0 of 1 rules proven" in done.stdout


def test_a_hec_that_is_busy_for_a_while_gets_every_event(splunk: World) -> None:
    splunk.hec.fault("busy", times=2)
    assert told(splunk)["ok"]


def test_an_event_that_hec_refuses_ends_the_run_by_name(splunk: World) -> None:
    splunk.hec.fault("refuse-event", number=0)
    done = verify(splunk)
    assert done.returncode == 1
    assert f"/{SPIKE}/fires/" in done.stderr
    assert "HEC refuses an event (invalid-data-format: HTTP 400, HEC code 6" in done.stderr


def test_a_user_who_may_not_list_indexes_can_verify_all_the_same(splunk: World) -> None:
    splunk.splunkd.denied = {"data/indexes"}
    assert told(splunk)["ok"]


def test_a_lookup_that_was_filled_in_is_noted(splunk: World) -> None:
    splunk.splunkd.head.lookups["claude_exclusions"] += "keys/old-key-used,apikey_mine,known\n"
    assert told(splunk)["notes"] == [
        "lookup claude_exclusions holds rows of your own: rules that read it may rightly say something else"
    ]


def test_a_time_range_that_cannot_be_moved_is_told(splunk: World) -> None:
    searches = splunk.splunkd.entities["saved/searches"]
    (at,) = (n for n, entry in enumerate(searches) if entry.name == TITLE)
    ranged = {**searches[at].content, "dispatch.earliest_time": "-14d@d"}
    searches[at] = searches[at]._replace(content=ranged)
    (rule,) = told(splunk)["rules"]
    assert {story["text"] for story in rule["stories"]} == {
        "the rule's time range is -14d@d to now; only one such as -14d to now can be moved"
    }


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (("--index", "claude_absent"), 1, "make it with `claude-siem splunk install --verify-index claude_absent`"),
        (("--index", 'x" | delete'), 2, "an index's name has small letters"),
        (("--rule", "keys/none"), 2, "--rule keys/none: no such rule"),
    ],
)
def test_what_is_named_and_is_not_there_is_told(options: tuple[str, ...], code: int, words: str, splunk: World) -> None:
    done = claude_siem("splunk", *arguments(splunk, (SPIKE,), *options))
    said = " ".join(done.stderr.replace("│", " ").split())
    assert (done.returncode, words in said) == (code, True), said
    assert splunk.hec.events() == []


def test_an_index_that_the_token_may_not_write_to_is_told_before_any_search(splunk: World) -> None:
    splunk.splunkd.entities["data/indexes"].append(Entry("closed", {"disabled": "0"}))
    done = verify(splunk, "--index", "closed")
    assert done.returncode == 1
    assert "index closed is refused" in done.stderr
    assert not [note for note in splunk.splunkd.served() if "/jobs/" in note.target]
