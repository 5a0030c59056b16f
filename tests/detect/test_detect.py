"""`claude-siem detect` over archives and files: alerts, parameters, and refused input."""

import gzip
import json
import re
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from forwarder.bundled import rule_folders
from forwarder.detect import bundled_rules
from forwarder.detect.backtest import BATCH
from forwarder.pipeline import Service
from forwarder.settings import load_settings
from forwarder.simulator import SimulatedClock, company, scenario
from forwarder.simulator.clock import micros
from forwarder.simulator.stage import Stage
from tests.cli.commands import claude_siem
from tests.content.case import cases
from tests.content.records import NOW, Collected, activity, person

NIGHT = "off-hours/off-hours-activity"


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The archive of an organization under attack."""
    folder = tmp_path_factory.mktemp("detect")
    clock, now = SimulatedClock(), datetime.now(UTC)
    organization = company("attack-keys", clock=clock, now_us=micros(now))
    issues = scenario("attack-keys", now=now, count=800)
    with Stage(folder, issues, clock=clock, organization=organization) as stage:
        settings = stage.settings(sinks=["archive"], admin=True)
        settings["sources"]["api_keys"] = {"enabled": True}
        Service(load_settings(stage.write(settings), {})).run_once(threading.Event(), lambda _: None)
    return folder / "archive"


def events_of_case(rule: str, name: str) -> list[Collected]:
    """The events of one test case of a rule."""
    (found,) = (case for case in cases()[rule].test_cases if case.name == name)
    return found.events


def written(file: Path, events: list[Collected], *, packed: bool = False, within: str = "") -> Path:
    """The events as NDJSON, plain or in an envelope."""
    bodies = [json.loads(one.event.body) for one in events]
    text = "".join(json.dumps({within: event} if within else event) + "\n" for event in bodies).encode()
    file.write_bytes(gzip.compress(text) if packed else text)
    return file


def detected(*arguments: object) -> dict[str, Any]:
    """The JSON output, with rules by name."""
    done = claude_siem("detect", *arguments, "--json", "--no-progress", timeout=300)
    assert done.returncode == 0, done.stderr
    summary: dict[str, Any] = json.loads(done.stdout)
    return summary | {"rules": {result["rule"]: result for result in summary["rules"]}}


def test_a_revoked_key_in_an_archive_is_one_alert_with_the_parameters_of_the_rule(archive: Path) -> None:
    summary = detected(archive, "--rule", "keys/revoked-key-used", "--rule", "off-hours/*")
    result = summary["rules"]["keys/revoked-key-used"]
    assert len({alert["key"] for alert in result["alerts"]}) == len(result["alerts"]) >= 1
    assert result["parameters"]["grace"] == "5m"
    assert all(rule.startswith(("keys/revoked", "off-hours/")) for rule in summary["rules"])
    assert summary["events"] > 800
    assert summary["runs"] >= 28


@pytest.mark.parametrize(("packed", "within"), [(False, ""), (True, ""), (False, "event")])
def test_a_file_of_events_may_be_plain_compressed_or_have_envelopes(packed: bool, within: str, tmp_path: Path) -> None:
    events = events_of_case(NIGHT, "fires.five-things-at-night")
    file = written(tmp_path / ("night.ndjson" + ".gz" * packed), events, packed=packed, within=within)
    (alert,) = detected(file, "--rule", NIGHT)["rules"][NIGHT]["alerts"]
    assert (alert["user"], alert["events"]) == ("lena@example.com", 5)


def test_events_loaded_in_several_batches_are_evaluated_together(tmp_path: Path) -> None:
    first, *rest = events_of_case(NIGHT, "fires.five-things-at-night")
    between = [activity("claude_chat_viewed", person("ann"), NOW, number=n) for n in range(BATCH)]
    summary = detected(written(tmp_path / "night.ndjson", [first, *between, *rest]), "--rule", NIGHT)
    assert summary["events"] == BATCH + 5
    assert [alert["events"] for alert in summary["rules"][NIGHT]["alerts"]] == [5]


def test_backfilled_and_late_events_count_as_collected_when_they_happened(tmp_path: Path) -> None:
    for name in ("quiet.backfilled", "quiet.four-things"):
        file = written(tmp_path / f"{name}.ndjson", events_of_case(NIGHT, name))
        alerts = detected(file, "--rule", NIGHT)["rules"][NIGHT]["alerts"]
        assert len(alerts) == (name == "quiet.backfilled")


def test_parameters_and_custom_lookups_change_the_alerts(tmp_path: Path) -> None:
    file = written(tmp_path / "night.ndjson", events_of_case(NIGHT, "fires.five-things-at-night"))
    tuned = detected(file, "--rule", NIGHT, "--set", f"{NIGHT}.min_events=6")["rules"][NIGHT]
    assert (tuned["alerts"], tuned["parameters"]["min_events"]) == ([], "6")
    lookups = tmp_path / "lookups"
    lookups.mkdir()
    (lookups / "claude_exclusions.csv").write_text(f"rule,value,reason\n{NIGHT},lena@example.com,on call\n")
    assert detected(file, "--rule", NIGHT, "--lookups", lookups)["rules"][NIGHT]["alerts"] == []


def test_every_parameter_of_every_rule_takes_effect() -> None:
    """Each stands in one line of the query and is read elsewhere in it; a value replaces the one in that line only."""
    for rule in bundled_rules():
        names = {folder.name: folder.facts.get("parameters", {}) for folder in rule_folders()}[rule.name]
        assert rule.parameters.keys() == names.keys(), rule.name
        for name, value in rule.parameters.items():
            other = "9d" if value.endswith(("d", "h", "m", "s")) else "77"
            changed = rule.with_parameters({name: other})
            before, after = rule.query.splitlines(), changed.query.splitlines()
            assert [line for line in after if line not in before] == [f"let {name} = {other};"], (rule.name, name)
            assert len(re.findall(rf"\b{name}\b", "\n".join(code_of(rule.query)))) > 1, (rule.name, name)
            assert name == "fresh" or rule.problem_with(name, other) is None


def code_of(query: str) -> list[str]:
    """The lines of a query without its comments."""
    return [line.partition("//")[0] for line in query.splitlines()]


def test_events_of_other_products_are_skipped_and_counted(tmp_path: Path) -> None:
    file = written(tmp_path / "night.ndjson", events_of_case(NIGHT, "fires.five-things-at-night"))
    file.write_text(file.read_text() + '{"class_uid": 3002, "metadata": {"uid": "1"}}\n{"metadata": 7}\n')
    summary = detected(file, "--rule", NIGHT)
    assert (summary["events"], summary["skipped"]) == (5, 2)
    assert len(summary["rules"][NIGHT]["alerts"]) == 1
    assert "2 events of other products skipped" in claude_siem("detect", file, "--no-progress").stdout


def test_the_backtest_can_be_limited_to_a_time_range(tmp_path: Path) -> None:
    file = written(tmp_path / "night.ndjson", events_of_case(NIGHT, "fires.five-things-at-night"))
    before = (NOW - timedelta(days=2)).isoformat()
    assert detected(file, "--rule", NIGHT, "--to", before)["rules"][NIGHT]["alerts"] == []


def test_a_rule_that_runs_every_hour_raises_what_it_raises_once_a_day(tmp_path: Path) -> None:
    later = activity("claude_chat_viewed", person("ann"), NOW)
    file = written(tmp_path / "night.ndjson", [*events_of_case(NIGHT, "fires.five-things-at-night"), later])
    daily, hourly = (detected(file, "--rule", NIGHT, "--every", every) for every in ("1d", "1h"))
    assert hourly["runs"] > daily["runs"]
    (of_day,), (of_hour,) = (found["rules"][NIGHT]["alerts"] for found in (daily, hourly))
    assert (of_hour["user"], of_hour["night"]) == (of_day["user"], of_day["night"])
    assert of_hour["at"] < of_day["at"]


def test_the_table_shows_rules_parameters_and_entities_and_rows_are_json(tmp_path: Path) -> None:
    file = written(tmp_path / "night.ndjson", events_of_case(NIGHT, "fires.five-things-at-night"))
    table = claude_siem("detect", file, "--rule", "off-hours/*", "--no-progress").stdout
    assert "min_events = 5" in table
    assert "1 × lena@example.com" in table
    rows = claude_siem("detect", file, "--rule", NIGHT, "--rows", "--no-progress").stdout.splitlines()
    assert [json.loads(row)["events"] for row in rows] == [5]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--rule", "off-hours/nothing"), "no such rule"),
        (("--set", f"{NIGHT}.min_event=6"), f"{NIGHT} has lookback, fresh, min_events"),
        (("--set", "off-hours.min_events=6"), "off-hours is not a selected rule"),
        (("--set", f"{NIGHT}.min_events="), "expected RULE.PARAMETER=VALUE"),
        (("--set", f"{NIGHT}.min_events=banana"), "'banana' is not a number such as 5 or 2.5; the default is 5"),
        (("--set", f"{NIGHT}.min_events=-1"), "'-1' is not a number"),
        (("--set", f"{NIGHT}.min_events=5; print 1"), "is not a number"),
        (("--set", f"{NIGHT}.min_events=5\n| take 1"), "is not a number"),
        (("--set", f"{NIGHT}.lookback=7"), "'7' is not a time span such as 12h or 3d"),
        (("--set", f"{NIGHT}.lookback=0d"), "'0d' is not a time span"),
        (("--set", f"{NIGHT}.lookback=15d"), "lets a rule look back 14d at most"),
        (("--set", f"{NIGHT}.fresh=1h"), "a backtest sets this parameter itself, by --every"),
        (("--set", "=;"), "is not a selected rule"),
        (("--every", "30m"), "--every 30m: rules run between once an hour (1h) and once a day (1d)"),
        (("--every", "2d"), "once a day (1d)"),
        (("--every", "often"), "--every often: "),
        (("--lookups", "."), "no file claude_*.csv"),
    ],
)
def test_an_invalid_option_is_reported(arguments: tuple[str, str], words: str, tmp_path: Path) -> None:
    file = written(tmp_path / "night.ndjson", [])
    if arguments[1] == ".":
        arguments = (arguments[0], str(tmp_path))
    done = claude_siem("detect", file, *arguments)
    assert done.returncode == 2
    assert words in done.stderr


@pytest.mark.parametrize(
    ("text", "words"),
    [("{\n", "line 1: not JSON"), ("\n[1]\n", "line 2: expected an event"), (None, "cannot be read")],
)
def test_a_file_without_events_is_reported_with_its_line(text: str | None, words: str, tmp_path: Path) -> None:
    file = tmp_path / "events.ndjson"
    if text is not None:
        file.write_text(text)
    done = claude_siem("detect", file)
    assert done.returncode == 2
    assert words in done.stderr
