"""The forwarder's health and the set-up, counted again; and a world in which most sources are not switched on."""

import statistics

from forwarder.sources import SOURCES
from tests.packages import dashboard_reports as reports
from tests.packages.dashboard_searches import SAVED_SEARCHES, SWITCHED_ON, Answers, Rows, search_head
from tests.packages.dashboard_world import World, world
from tests.packages.dashboards_counted import DAY, days, figure, rows, within
from tools.content.dashboards import SOURCES as DASHBOARDS
from tools.content.dashboards import definition
from tools.content.dashboards_source import load_dashboards
from tools.content.folder import Content

HEALTH, SETUP = "claude_forwarder", "claude_setup"
LAST = reports.figures(0)


def test_the_last_report_is_what_the_numbers_show() -> None:
    totals = LAST["totals"]
    assert figure(HEALTH, "last") == 1
    assert figure(HEALTH, "lag") == round(totals["lag_seconds"] / 60, 1)
    assert figure(HEALTH, "backlog") == totals["backlog"] == 0
    assert figure(HEALTH, "dead") == totals["dead_letters"] == 2
    assert figure(HEALTH, "late") == reports.LATE


def test_a_reporting_gap_is_found_with_its_length_and_the_next_start() -> None:
    assert figure(HEALTH, "gaps") == 1
    (gap,) = rows(HEALTH, "silences")
    assert (gap["What"], gap["Minutes"]) == ("gap before", (len(reports.STOPPED) + 1) * 5)


def test_an_outage_is_shown_from_start_to_end_with_its_backlog() -> None:
    (condition,) = rows(HEALTH, "red")
    assert condition["Condition"] == "sinks.splunk: ConnectError [Errno 111] Connection refused"
    assert condition["Reports"] == len(reports.OUTAGE)
    most = max(reports.figures(back)["totals"]["backlog"] for back in reports.OUTAGE)
    assert max(row["Backlog"] for row in rows(HEALTH, "lag_by_time")) == most > 500
    assert max(row["Kilobytes"] for row in rows(HEALTH, "bytes_by_time")) == round(most * 900 / 1024, 1)


def test_dead_letters_are_shown_by_source_and_sink() -> None:
    assert [(row["Source and sink"], row["Dead letters"]) for row in rows(HEALTH, "letters")] == [
        ("activities/splunk:2", 2)
    ]


def test_every_source_and_sink_of_the_last_report_has_a_row() -> None:
    shown = {row["Source"]: int(row["Records"]) for row in rows(HEALTH, "sources")}
    assert shown == {name: source["records"] for name, source in LAST["sources"].items()}
    assert [(row["Sink"], row["Delivered"]) for row in rows(HEALTH, "sinks")] == [
        ("splunk", str(LAST["sinks"]["splunk"]["delivered"]))
    ]


def test_delays_are_those_between_event_and_collection() -> None:
    events = [e for e in within(world().envelopes, world().now // 3600 * 3600 - DAY) if e["source"] == "claude:usage"]
    late = [e["event"]["metadata"]["logged_time"] / 1000 - e["time"] for e in events]
    (row,) = (row for row in rows(HEALTH, "delays") if row["Source"] == "claude:usage")
    assert row["Median (min)"] == round(statistics.median(late) / 60, 1) == 75
    assert row["Events"] == len(events)


def test_every_source_that_arrives_is_counted() -> None:
    events = within(world().envelopes, days(7))
    shown = {row["Source"]: row["Events"] for row in rows(SETUP, "sources")}
    otlp = [e for e in events if e["source"] == "claude:otlp" and e["index"] == "claude_agent"]
    assert shown["claude:activities"] == len([e for e in events if e["source"] == "claude:activities"])
    assert len(otlp) in [row["Events"] for row in rows(SETUP, "sources") if row["Source"] == "claude:otlp"]
    arriving = {e["source"].removeprefix("claude:") for e in events}
    assert arriving == {*SOURCES, "otlp", "forwarder"}
    assert figure(SETUP, "arriving") == len(arriving)


def test_every_rule_has_a_row_and_enabled_rules_are_known(content: Content) -> None:
    shown = {row["Rule"]: row for row in rows(SETUP, "rules")}
    assert set(shown) == {detection.folder for detection in content.detections}
    assert figure(SETUP, "ready") == len(content.detections)
    on = [row for row in shown.values() if row["Enabled"] == "yes"]
    assert figure(SETUP, "enabled") == len(on) == len([d for d in content.detections if _is_on(d.rule.name)]) > 1
    assert {row["Enable first"] for row in on} == {"nothing"}


def _is_on(name: str) -> bool:
    return any(word in name for word in SWITCHED_ON)


def poor() -> World:
    """Only the Activity Feed is collected, another sender writes to the index, and the last event is old."""
    held = [dict(e) for e in world().of("activities")]
    max(held, key=lambda e: float(e["time"]))["source"] = "claude:mystery"
    return World(held, world().now + 7200)


def in_the_poor_world(panel: str) -> Rows:
    setup = definition(load_dashboards(DASHBOARDS)[SETUP])
    return Answers(setup, head=search_head(poor())).rows(f"ds_{panel}")


def test_missing_sources_are_named_with_the_setting_to_enable(content: Content) -> None:
    shown = {row["Rule"]: row for row in in_the_poor_world("rules")}
    for detection in content.detections:
        missing = sorted(f"sources.{need.source}" for need in detection.rule.sources if need.source != "activities")
        row = shown[detection.folder]
        assert row["Data"] == ("missing" if missing else "complete")
        first = ", ".join(missing) or ("nothing" if _is_on(detection.rule.name) else "the rule")
        assert row["Enable first"] == first
    (ready,) = in_the_poor_world("ready")
    assert 0 < ready["ready"] < len(content.detections)


def test_missing_sources_and_other_senders_are_shown() -> None:
    shown = {row["Source"]: row for row in in_the_poor_world("sources")}
    assert shown["claude:usage"]["Setting"] == "sources.usage"
    assert shown["claude:mystery"]["State"] == "other sender"
    assert shown["claude:activities"]["State"] == "receiving"
    (age,) = in_the_poor_world("age")
    assert age["minutes"] >= 120


def test_without_access_to_splunks_rest_interface_the_state_of_rules_is_unknown() -> None:
    head = search_head(poor())
    head.endpoints[SAVED_SEARCHES] = []
    shown = Answers(definition(load_dashboards(DASHBOARDS)[SETUP]), head=head).rows("ds_rules")
    assert {row["Enabled"] for row in shown} == {"unknown"}
