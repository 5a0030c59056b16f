"""Every rule as Splunk schedules it: a correlation search of Enterprise Security, an alert without it, tickets ready.

The shipped searches run over the rules' own test cases: the finding's columns are there, and the drill-down of
each row opens the events behind it.
"""

import json
import re
from functools import cache
from typing import Any

import pytest

from forwarder.splunkd.knowledge_objects import COLUMNS
from tests.content.case import RuleTestCase, cases
from tests.content.execute import ROOT, Rows, Spl, canonical, content
from tests.content.records import NOW
from tests.packages.conf_files import DEFAULT, read_conf
from tests.packages.spl_names import output_columns
from tests.spl import Splunk, from_conf
from tools.content.folder import Detection
from tools.content.saved_searches import search_name

SEARCHES = read_conf("savedsearches")
TOKEN = re.compile(r"\$([a-z_]+)\$")
OF_THE_ROW = re.compile(r"\$result\.(\w+)\$")
ADD_ONS: dict[str, str] = {
    "snow_incident": "account state host scripted_endpoint configuration_item contact_type assignment_group category "
    "subcategory impact urgency priority short_description correlation_id splunk_url custom_fields",
    "snow_event": "account node type resource severity description ci_identifier additional_info custom_fields",
    "jira_service_desk": "account jira_project jira_issue_type jira_priority jira_priority_dynamic jira_summary "
    "jira_description jira_auto_close jira_auto_close_key_value_pair jira_auto_close_status_transition_value "
    "jira_auto_close_status_transition_comment jira_auto_close_issue_number_field_name jira_assignee jira_reporter "
    "jira_labels jira_components jira_dedup jira_dedup_comment jira_dedup_exclude_statuses jira_dedup_content "
    "jira_attachment jira_results_description jira_attachment_token jira_customfields",
    "webhook": "url",
}
"""The parameters of each alert action, from the `alert_actions.conf.spec` of its add-on; the webhook is Splunk's."""
DOMAINS = {"access", "endpoint", "network", "threat", "identity", "audit"}
OF_THE_ALERT = {"$name$", "$results_link$"}


@pytest.mark.parametrize("name", SEARCHES)
def test_a_search_is_a_correlation_search_and_ships_disabled(name: str) -> None:
    keys = SEARCHES[name]
    annotations = json.loads(keys["action.correlationsearch.annotations"])
    assert name.endswith(" - Rule")
    assert len(name) <= 83
    assert keys["action.correlationsearch.label"] == name
    assert keys["action.correlationsearch.detection_type"] == "ebd"
    assert (keys["disabled"], keys["enableSched"], keys["realtime_schedule"]) == ("1", "1", "0")
    assert annotations["type"] in (["TTP"], ["Anomaly"])
    assert {"mitre_attack", "owasp", "controls"} & set(annotations)


@pytest.mark.parametrize("name", SEARCHES)
def test_a_ttp_creates_a_finding_and_risk_and_an_anomaly_only_risk(name: str) -> None:
    keys = SEARCHES[name]
    risk = json.loads(keys["action.risk.param._risk"])
    assert (keys["action.risk"], keys["action.risk.param._risk_score"]) == ("1", "0")
    assert 1 <= risk[0]["risk_score"] <= 100
    if "TTP" not in keys["action.correlationsearch.annotations"]:
        assert [key for key in keys if key.startswith("action.notable")] == ["action.notable.param.drilldown_searches"]
        return
    (entity,) = json.loads(keys["action.notable.param._entities"])
    assert entity == {**risk[0], "risk_score": 0}, "the finding's entity counts twice"
    assert keys["action.notable.param.security_domain"] in {
        "access",
        "identity",
        "audit",
        "threat",
        "endpoint",
        "network",
    }
    assert json.loads(keys["action.notable.param.next_steps"])["data"].startswith("1. Look first: ")


@pytest.mark.parametrize("name", SEARCHES)
def test_tokens_name_columns_of_the_search(name: str) -> None:
    keys = SEARCHES[name]
    own = output_columns(keys["search"])
    assert not set(own) & set(COLUMNS), "a finding's columns would replace the rule's"
    columns = {*own, *COLUMNS}
    of_actions = {key: text for key, text in keys.items() if key.startswith(("action.notable", "action.risk"))}
    named = {token for text in of_actions.values() for token in TOKEN.findall(text)}
    named |= {column for text in keys.values() for column in OF_THE_ROW.findall(text)}
    named |= set(keys["alert.suppress.fields"].split(","))
    named |= {entry[key] for entry in json.loads(keys["action.risk.param._risk"]) for key in entry if "field" in key}
    assert named - {"info_min_time", "info_max_time"} <= columns
    assert not columns & {"risk_object", "risk_object_type", "risk_score"}, "a result's own replaces every _risk entry"


@pytest.mark.parametrize("name", SEARCHES)
def test_without_enterprise_security_it_is_one_alert_per_row(name: str) -> None:
    keys = SEARCHES[name]
    assert (keys["alert.track"], keys["alert.digest_mode"], keys["alert.suppress"]) == ("1", "0", "1")
    assert keys["alert.suppress.fields"]
    severities = {"informational": "2", "low": "3", "medium": "4", "high": "5"}
    (severity,) = re.findall(r'`claude_finding\("[^"]+", "[^"]+", "(\w+)"', keys["search"])
    assert keys["alert.severity"] == severities[severity]
    assert keys.get("action.notable.param.severity", severity) == severity


@pytest.mark.parametrize("name", SEARCHES)
def test_ticket_actions_are_off_and_set_only_parameters_that_the_add_ons_have(name: str) -> None:
    keys = SEARCHES[name]
    for action, parameters in ADD_ONS.items():
        prefix = f"action.{action}.param."
        given = {key.removeprefix(prefix): text for key, text in keys.items() if key.startswith(prefix)}
        assert keys[f"action.{action}"] == "0"
        assert set(given) <= set(parameters.split())
        assert {token for text in given.values() for token in re.findall(r"\$\w+\$", text)} <= OF_THE_ALERT
    assert keys["action.snow_incident.param.correlation_id"] == "$result.dedup_key$"
    assert keys["action.snow_event.param.custom_fields"] == "message_key=$result.dedup_key$"
    assert keys["action.jira_service_desk.param.jira_dedup_content"] == "$result.dedup_key$"


def test_every_setting_of_an_action_is_declared_for_splunks_own_check() -> None:
    text = (DEFAULT.parent / "README" / "savedsearches.conf.spec").read_text()
    declared = set(re.findall(r"^(action\.\S+) =", text, re.M))
    used = {key for keys in SEARCHES.values() for key in keys if key.startswith("action.")}
    assert {key for key in used if not key.startswith("action.webhook")} == declared


class Run:
    """A shipped search, run over one test case."""

    def __init__(self, detection: Detection, test_case: RuleTestCase) -> None:
        self._spl = Spl(test_case.events, test_case.lookups, NOW)
        self._lookback = detection.rule.schedule.lookback
        self.expected: Rows = json.loads((ROOT / detection.folder / f"{test_case.name}.expect.json").read_text())
        keys = SEARCHES[search_name(detection.rule)]
        self.shipped = self.rows(keys["search"])
        (self._drilldown,) = json.loads(keys["action.notable.param.drilldown_searches"])

    def rows(self, search: str) -> Rows:
        return self._spl.rows(search, self._lookback)

    def behind(self, row: dict[str, Any]) -> Rows:
        """What the drill-down opens."""
        return self.rows(TOKEN.sub(lambda token: str(row[token[1]]), self._drilldown["search"]))


@cache
def runs() -> tuple[tuple[Detection, Run], ...]:
    """Each rule over each of its firing test cases."""
    detections = content().detections
    return tuple(
        (d, Run(d, test_case)) for d in detections for test_case in cases()[d.folder].test_cases if test_case.fires
    )


def test_a_shipped_search_returns_its_rules_rows_with_the_ticket_columns() -> None:
    assert len(runs()) > 100
    for detection, run in runs():
        assert canonical({k: v for k, v in row.items() if k not in COLUMNS} for row in run.shipped) == run.expected
        for row in run.shipped:
            assert (row["rule"], row["severity"]) == (detection.folder, detection.rule.severity)
            assert row["entity"] in {row.get(entity.column) for entity in detection.rule.entities} | {
                row.get(detection.rule.risk_object)
            }
            assert _fits(row["message"], " ".join(detection.rule.message.split()), row)
            assert (DEFAULT.parent.parent.parent / row["runbook"]).is_file()


def _fits(message: str, template: str, row: dict[str, Any]) -> bool:
    """Whether the message is the template with the row's values."""
    parts = TOKEN.split(template)
    parts[::2] = map(re.escape, parts[::2])
    parts[1::2] = (_written(row.get(name, "unknown")) for name in parts[1::2])
    return re.fullmatch("".join(parts), message) is not None


def _written(value: Any) -> str:
    """How a value may be written: rows are compared with numbers as numbers, 09 and 9.0 are 9."""
    if isinstance(value, float):
        return rf"0*{int(value) if value.is_integer() else value}(?:\.0)?"
    return re.escape(str(value))


def test_a_dedup_key_is_equal_exactly_for_findings_suppressed_as_the_same() -> None:
    keys: dict[tuple[str, ...], set[str]] = {}
    for detection, run in runs():
        for row in run.shipped:
            same = (str(detection.rule.id), *(str(row.get(name, "")) for name in detection.rule.suppress.by))
            keys.setdefault(same, set()).add(row["dedup_key"])
    made = [key for found in keys.values() for key in found]
    assert len(made) == len(set(made)) == len(keys) > 90
    assert all(re.fullmatch(rf"{same[0]}:[0-9a-f]{{32}}", key) for same, found in keys.items() for key in found)


def test_fractional_seconds_give_the_same_dedup_key() -> None:
    macros = from_conf(read_conf("macros"))
    call = '`claude_finding("id", "keys/key-shared", "low", "key", "hour")`'
    given = ['"1700000000"', '"1700000000.000"', "1700000000", '"1700000000.5"', "null()"]
    found = [
        Splunk(now=0, macros=macros).search(f'| makeresults | eval key="k", hour={hour} | {call}')[0]["dedup_key"]
        for hour in given
    ]
    assert found[0] == found[1] == found[2]
    assert len(set(found)) == 3


def test_a_row_fills_the_custom_fields_for_servicenow() -> None:
    """The add-on splits custom fields at `||` and then at the first `=`."""
    for detection, run in runs():
        custom_fields = SEARCHES[search_name(detection.rule)]["action.snow_incident.param.custom_fields"]
        for row in run.shipped:
            pairs = dict(pair.split("=", 1) for pair in _filled(custom_fields, row).split("||"))
            assert pairs == {
                "description": f"{row['message']} Runbook: {row['runbook']}",
                "correlation_display": "claude-siem",
            }


def _filled(text: str, row: dict[str, Any]) -> str:
    return OF_THE_ROW.sub(lambda token: str(row[token[1]]), text)


def test_every_drill_down_opens_events_behind_its_row() -> None:
    for detection, run in runs():
        for row in run.shipped:
            events = run.behind(row)
            assert events, (detection.folder, row)
            assert all(str(row["entity"]).lower() in event["_raw"].lower() for event in events)
