"""When a condition turns the forwarder red: at once or after its grace period, until it is resolved."""

from forwarder.status import Conditions


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


def test_only_a_change_is_reported_as_new() -> None:
    """The results of `report` and `resolve` decide what is logged: changes, not repetitions."""
    conditions = Conditions(Clock())
    assert conditions.report("store", "full")
    assert not conditions.report("store", "full")
    assert conditions.report("store", "damaged")
    assert conditions.resolve("store")
    assert not conditions.resolve("store")


def test_subjects_are_independent() -> None:
    conditions = Conditions(Clock())
    for subject in ("sources.activities", "store", "sinks.splunk.usage"):
        conditions.report(subject, f"{subject} is wrong")
    conditions.resolve("store")
    assert list(conditions.red()) == ["sinks.splunk.usage", "sources.activities"]
