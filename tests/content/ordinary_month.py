"""An ordinary month at a company of two hundred people: the false alerts of each rule."""

import threading
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from forwarder.detect import Backtest, bundled_rules, history_events, library
from forwarder.pipeline import Service
from forwarder.settings import load_settings
from forwarder.simulator import SimulatedClock, company, scenario
from forwarder.simulator.clock import micros
from forwarder.simulator.stage import Stage
from forwarder.sources import SOURCES

SCENARIO = "ordinary-month"


def archived_month(folder: Path, activities: int) -> Path:
    """The archive that a forwarder made of the month, from every source."""
    clock, now = SimulatedClock(), datetime.now(UTC)
    organization = company(SCENARIO, clock=clock, now_us=micros(now))
    issues = scenario(SCENARIO, now=now, count=activities)
    with Stage(folder, issues, clock=clock, organization=organization) as stage:
        settings = stage.settings(sinks=["archive"], admin=True)
        settings["sources"] |= {name: {"enabled": True} for name, kind in SOURCES.items() if kind.key == "admin API"}
        settings["sources"]["usage"] |= {"start": "31d"}
        Service(load_settings(stage.write(settings), {})).run_once(threading.Event(), lambda _: None)
    return folder / "archive"


def alerts(archive: Path) -> Counter[str]:
    """How many alerts each rule raises over the month, asked once a day."""
    history, rules = Backtest(library(), history_events([archive])), list(bundled_rules())
    counted = Counter({rule.name: 0 for rule in rules})
    for time in history.evaluation_times():
        counted.update(alert.rule for alert in history.alerts(rules, time))
    return counted
