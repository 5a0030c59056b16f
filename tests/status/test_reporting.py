"""Conditions turn the forwarder red at once or after their grace period, until they are resolved; labels of metrics."""

from structlog.testing import capture_logs

from forwarder.status import Conditions, Metrics


class Clock:
    """A clock that only the test advances."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_condition_without_a_grace_period_is_red_at_once() -> None:
    conditions = Conditions(Clock())
    assert conditions.report("sinks.splunk", "wrong token")
    assert conditions.red() == {"sinks.splunk": "wrong token"}


def test_a_condition_with_a_grace_period_is_red_only_when_it_lasts() -> None:
    clock = Clock()
    conditions = Conditions(clock)
    conditions.report("sinks.splunk", "down", grace=60)
    clock.now = 59
    conditions.report("sinks.splunk", "still down", grace=60)
    assert conditions.red() == {}
    clock.now = 60
    assert conditions.red() == {"sinks.splunk": "still down"}
    assert conditions.resolve("sinks.splunk")
    assert conditions.red() == {}
    conditions.report("sinks.splunk", "down again", grace=60)
    assert conditions.red() == {}


def test_what_is_expected_is_red_once_it_is_overdue_until_it_comes() -> None:
    clock = Clock()
    conditions = Conditions(clock)
    conditions.expect("sources.activities", 90, "no read was completed")
    clock.now = 89
    assert conditions.red() == {}
    conditions.expect("sources.activities", 90, "no read was completed")
    clock.now = 178
    assert conditions.red() == {}
    clock.now = 179
    assert conditions.red() == {"sources.activities": "no read was completed"}
    conditions.resolve("sources.activities")
    assert conditions.red() == {"sources.activities": "no read was completed"}, "that nothing is wrong is no progress"
    conditions.expect("sources.activities", 90, "no read was completed", cause=lambda: "HTTP 429")
    clock.now = 269
    assert conditions.red() == {"sources.activities": "no read was completed (HTTP 429)"}
    conditions.expect_nothing("sources.activities")
    assert conditions.red() == {}


def test_what_is_overdue_has_the_reported_problem_as_its_reason_before_the_grace_period_of_that() -> None:
    clock = Clock()
    conditions = Conditions(clock)
    conditions.expect("sinks.splunk", 60, "nothing was confirmed")
    clock.now = 50
    conditions.report("sinks.splunk", "HTTP 503", grace=60)
    assert conditions.red() == {}
    clock.now = 60
    assert conditions.red() == {"sinks.splunk": "HTTP 503"}


def test_a_thread_that_is_overdue_asks_for_a_restart_by_time_alone() -> None:
    clock = Clock()
    conditions = Conditions(clock)
    conditions.expect("threads.supervision", 300, "has hung", stalled=True)
    conditions.expect("sources.activities", 90, "no read was completed")
    clock.now = 299
    assert conditions.threads() == (True, {}), "a peer that does not answer is no reason for a restart"
    clock.now = 300
    assert conditions.threads() == (False, {"threads.supervision": "has hung"})


def test_only_a_change_is_reported_as_new() -> None:
    """The results of `report` and `resolve` decide what is logged: changes, not repetitions."""
    conditions = Conditions(Clock())
    assert conditions.report("store", "full")
    assert not conditions.report("store", "full")
    assert conditions.report("store", "damaged")
    assert conditions.resolve("store")
    assert not conditions.resolve("store")


def test_what_several_report_is_red_until_each_has_resolved_it() -> None:
    clock = Clock()
    conditions = Conditions(clock)
    conditions.report("store", "cannot be written", by="sinks.splunk")
    clock.now = 1
    conditions.report("store", "full", by="sources.activities")
    assert conditions.red() == {"store": "cannot be written"}
    assert conditions.resolve("store", by="sinks.splunk")
    assert conditions.red() == {"store": "full"}
    assert not conditions.resolve("store")
    assert conditions.resolve("store", by="sources.activities")
    assert conditions.red() == {}


def test_subjects_are_independent() -> None:
    conditions = Conditions(Clock())
    for subject in ("sources.activities", "store", "sinks.splunk.usage"):
        conditions.report(subject, f"{subject} is wrong")
    conditions.resolve("store")
    assert list(conditions.red()) == ["sinks.splunk.usage", "sources.activities"]


def test_a_yellow_condition_is_never_red_and_can_become_so() -> None:
    clock = Clock()
    conditions = Conditions(clock)
    conditions.report("sources.otlp.refused", "a client has no token", grace=60, severity="yellow")
    assert (conditions.red(), conditions.yellow()) == ({}, {})
    clock.now = 60
    assert (conditions.red(), conditions.yellow()) == ({}, {"sources.otlp.refused": "a client has no token"})
    conditions.report("sources.otlp.refused", "worse", grace=60)
    assert (conditions.red(), conditions.yellow()) == ({"sources.otlp.refused": "worse"}, {})
    conditions.resolve("sources.otlp.refused")
    assert (conditions.red(), conditions.yellow()) == ({}, {})


def test_a_reason_that_changes_without_end_is_news_only_a_few_times() -> None:
    conditions = Conditions(Clock())
    assert conditions.report("sinks.splunk", "HTTP 503 after 12 ms")
    assert not conditions.report("sinks.splunk", "HTTP 503 after 99 ms")
    assert sum(conditions.report("sinks.splunk", "x" * length) for length in range(1, 1000)) < 10
    assert conditions.resolve("sinks.splunk")
    assert conditions.report("sinks.splunk", "HTTP 503 after 12 ms")


def test_a_reason_is_short_and_holds_no_secret() -> None:
    conditions = Conditions(Clock())
    conditions.report("sinks.splunk", f"key sk-ant-api01-abcdefgh {'x' * 100_000}")
    reason = conditions.red()["sinks.splunk"]
    assert reason.startswith("key [redacted] x")
    assert len(reason) < 3000


def test_each_turn_to_red_and_back_is_logged_once() -> None:
    clock = Clock()
    conditions = Conditions(clock)
    with capture_logs() as lines:
        conditions.log_changes()
        conditions.report("sinks.splunk", "down", grace=60)
        conditions.log_changes()
        clock.now = 61
        conditions.report("store", "full")
        for _ in range(3):
            conditions.log_changes()
        conditions.resolve("store")
        conditions.log_changes()
        conditions.resolve("sinks.splunk")
        conditions.log_changes()
        conditions.log_changes()
    events = [(line["event"], line.get("subject"), line.get("reason")) for line in lines]
    assert events[0] == ("ready", None, None)
    assert sorted(events[1:3]) == [("not ready", "sinks.splunk", "down"), ("not ready", "store", "full")]
    assert events[3:] == [
        ("no longer red", "store", None),
        ("no longer red", "sinks.splunk", None),
        ("ready", None, None),
    ]


def test_labels_of_metrics_are_few_and_hold_no_secret() -> None:
    metrics = Metrics()
    for number in range(500):
        metrics.count_refused("splunk", f"reason-{number}", example="uid")
    metrics.count_refused("splunk", "key-sk-ant-api01-abcdefgh")
    metrics.unmapped.labels("sk-ant-api01-abcdefgh").inc()
    text = metrics.text().decode()
    assert text.count("forwarder_refused_records_total{") <= 101
    assert "abcdefgh" not in text
