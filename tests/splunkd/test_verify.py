"""`claude-siem splunk verify`: what is specific to Splunk. The shared part is in `tests/siem/test_verify.py`."""

import json
from typing import Any

import orjson
import pytest

from forwarder.siem.test_cases import bundled_test_cases
from forwarder.sinks.base import chunk_events
from forwarder.sinks.splunk.sink import envelopes
from forwarder.splunkd.knowledge_objects import shipped_app
from forwarder.store import Packed, pack
from tests.cli.commands import claude_siem
from tests.cli.within import CommandResult
from tests.splunkd.atom import Entry
from tests.splunkd.world import VERIFY_INDEX, World, splunk_command

SPIKE = "tokens/token-spike-user"
TITLE = shipped_app().titles[SPIKE]
FIRES = [case.name for case in bundled_test_cases().rules[SPIKE] if case.rows and not case.lookups]


def arguments(splunk: World, rules: tuple[str, ...], *options: object) -> list[object]:
    """The command line after `splunk`."""
    chosen = [word for rule in rules for word in ("--rule", rule)]
    return ["verify", "--config", splunk.file(), "--no-progress", *chosen, *options]


def verify(splunk: World, *options: object, rules: tuple[str, ...] = (SPIKE,)) -> CommandResult:
    """The command's run over these rules."""
    return splunk_command(*arguments(splunk, rules, *options))


def summary(splunk: World, *options: object, rules: tuple[str, ...] = (SPIKE,)) -> dict[str, Any]:
    """The command's object."""
    found: dict[str, Any] = json.loads(verify(splunk, "--json", *options, rules=rules).stdout)
    return found


def test_every_event_is_in_the_named_index_as_the_sink_writes_it_under_a_source_of_its_test_case(splunk: World) -> None:
    run = summary(splunk)["run"]
    stored: dict[str, list[dict[str, Any]]] = {}
    for envelope in splunk.hec.events():
        stored.setdefault(envelope["source"], []).append(envelope)
    for case in bundled_test_cases().rules[SPIKE]:
        for stream, events in case.streams.items():
            source = f"claude:verify/{run}/{SPIKE}/{case.name.replace('.', '/')}/{stream}"
            sent = stored.pop(source, [])
            (chunk,) = pack("usage", [Packed(event, 0, None) for event in events])
            as_the_sink = [
                orjson.loads(one) for one in envelopes(chunk_events(chunk), chunk.source, "host", VERIFY_INDEX)
            ]
            assert [{**one, "host": "host", "source": "claude:usage"} for one in sent] == (
                [] if case.lookups else as_the_sink
            )
    assert stored == {}


def test_a_macro_changed_on_the_server_is_a_disagreement_and_a_note(splunk: World) -> None:
    splunk.splunkd.head.macros["claude_param_token_spike_user_sigma"]["definition"] = "1000.0"
    done = verify(splunk)
    assert done.returncode == 1
    for name in FIRES:
        assert f"    disagreed {name}: 0 rows where 1 are expected; missing: actor_uid=" in done.stdout
    note = "macro claude_param_token_spike_user_sigma differs from the shipped one: '1000.0', shipped '3.0'"
    assert f"note: {note}" in done.stdout
    assert "0 of 1 rules verified" in done.stdout


def test_a_macro_of_the_same_name_in_another_app_is_ignored(splunk: World) -> None:
    other = Entry("claude_param_token_spike_user_sigma", {"definition": "1000.0"}, "search")
    splunk.splunkd.strays = [other]
    found = summary(splunk)
    assert (found["ok"], found["notes"]) == (True, [])


def test_an_index_macro_that_names_the_customers_index_is_no_difference(splunk: World) -> None:
    splunk.splunkd.head.macros["claude_index_usage"]["definition"] = "index=ai_usage"
    found = summary(splunk)
    assert (found["ok"], found["notes"]) == (True, [])


def test_a_row_that_does_not_say_what_every_finding_says_is_summary(splunk: World) -> None:
    splunk.splunkd.rewrite = lambda rows: [row | ({"dedup_key": ""} if "dedup_key" in row else {}) for row in rows]
    (rule,) = summary(splunk)["rules"]
    assert [case["text"] for case in rule["test_cases"] if case["outcome"] == "disagreed"] == (
        ["dedup_key is empty"] * len(FIRES)
    )


def test_a_rule_that_the_parser_refuses_is_not_run_and_the_others_are(splunk: World) -> None:
    searches = splunk.splunkd.entities["saved/searches"]
    (at,) = (n for n, entry in enumerate(searches) if entry.name == TITLE)
    broken = searches[at].content["search"].replace("| stats", "| statss")
    searches[at] = searches[at]._replace(content={**searches[at].content, "search": broken})
    found = summary(splunk, rules=(SPIKE, "visibility/telemetry-redirected"))
    spike, other = found["rules"]
    assert (spike["parsed"], spike["run"], "statss" in spike["error"]) == (False, 0, True)
    assert (other["parsed"], other["agreed"]) == (True, other["run"])
    assert all(SPIKE not in envelope["source"] for envelope in splunk.hec.events())


def test_a_user_who_may_not_list_indexes_can_verify_all_the_same(splunk: World) -> None:
    splunk.splunkd.denied = {"data/indexes"}
    assert summary(splunk)["ok"]


def test_a_time_range_that_cannot_be_moved_is_summary(splunk: World) -> None:
    searches = splunk.splunkd.entities["saved/searches"]
    (at,) = (n for n, entry in enumerate(searches) if entry.name == TITLE)
    ranged = {**searches[at].content, "dispatch.earliest_time": "-14d@d"}
    searches[at] = searches[at]._replace(content=ranged)
    (rule,) = summary(splunk)["rules"]
    assert {case["text"] for case in rule["test_cases"]} == {
        "the rule's time range is -14d@d to now; only one such as -14d to now can be moved"
    }


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (("--index", "claude_absent"), 1, "create it with `claude-siem splunk install --verify-index claude_absent`"),
        (("--index", 'x" | delete'), 2, "the name of an index has lower-case letters"),
    ],
)
def test_a_wrong_index_is_an_error(options: tuple[str, ...], code: int, words: str, splunk: World) -> None:
    done = claude_siem("splunk", *arguments(splunk, (SPIKE,), *options))
    message = " ".join(done.stderr.replace("│", " ").split())
    assert (done.returncode, words in message) == (code, True), message
    assert splunk.hec.events() == []


def test_an_index_that_the_token_may_not_write_to_is_an_error_before_any_search(splunk: World) -> None:
    splunk.splunkd.entities["data/indexes"].append(Entry("closed", {"disabled": "0"}))
    done = verify(splunk, "--index", "closed")
    assert done.returncode == 1
    assert "index closed is refused" in done.stderr
    assert not [note for note in splunk.splunkd.served() if "/jobs/" in note.target]
