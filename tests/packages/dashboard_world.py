"""What a Splunk would hold after a month: everything that the forwarder sends, in the envelopes of its HEC sink.

- The simulator's company in the scenario `attack-keys`: an ordinary month and the days of an attack, collected over
  HTTP by the forwarder itself and delivered to the simulator's HEC. Every list and report of the Admin API is in it.
- Claude Code's telemetry of eleven days, as OTLP/JSON requests through the receiver's parser.
- The forwarder's own report every five minutes of two days (`dashboard_reports`).
- Every sample of `samples/` that is a row of the feed or telemetry, once, in the last six days.

Some events were delivered twice, some usage records were restated; lists of the days before differ from today's.

The month is read at one time; the times of collection are then set as if it had been collected while it happened.
"""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from forwarder.ocsf.agent import events_of
from forwarder.otlp.json_decoder import decode
from forwarder.otlp.protocol import LOGS
from forwarder.pipeline import Service
from forwarder.records import Receipt
from forwarder.settings import load_settings
from forwarder.simulator import SimulatedClock, company, scenario
from forwarder.simulator.admin import ConsoleOrganization
from forwarder.simulator.agents import exports
from forwarder.simulator.clock import DAY, MINUTE, SECOND, micros
from forwarder.simulator.stage import Stage
from forwarder.sources import SOURCES
from tests.ocsf.samples import MAKERS, event_of, inputs
from tests.packages.dashboard_disorder import again, harmless, otherwise_listed, stated_again
from tests.packages.dashboard_envelopes import Envelope, enveloped
from tests.packages.dashboard_reports import reports

SCENARIO = "attack-keys"
ACTIVITIES = 2_500
NOW = datetime(2026, 11, 18, 15, 20, tzinfo=UTC)
"""A Wednesday."""
INSTANCE = "7c0f0d3e-2f64-4c0e-9f0a-3d3f6f1f0b11"
_LATE_S = {"activities": 40, "usage": 4500, "cost": 5000, "claude_code_usage": 91_000}
"""How much later than its time an event of a source is collected; of reports than the bucket's beginning."""


class World(NamedTuple):
    """All envelopes, and the time (epoch seconds) at which the dashboard is opened."""

    envelopes: list[Envelope]
    now: float

    def of(self, *sources: str) -> list[Envelope]:
        """Those of some sources, each event once and in its highest revision."""
        newest: dict[str, Envelope] = {}
        for one in self.envelopes:
            uid = one["fields"]["claude_uid"]
            known = uid in newest and revision(newest[uid]) >= revision(one)
            if one["source"].removeprefix("claude:") in sources and not known:
                newest[uid] = one
        return list(newest.values())

    def raw(self, *sources: str) -> list[Envelope]:
        """Those of some sources as indexed, with duplicates."""
        return [one for one in self.envelopes if one["source"].removeprefix("claude:") in sources]


def revision(envelope: Envelope) -> int:
    """Revision of a usage record; 0 for all other events."""
    return int(envelope["event"].get("unmapped", {}).get("revision", 0))


@cache
def world() -> World:
    """The world, made once."""
    clock = SimulatedClock(NOW)
    organization = company(SCENARIO, clock=clock, now_us=micros(NOW))
    collected = list(_collected(clock, organization))
    held = [
        *collected,
        *_telemetry(organization),
        *_reports(),
        *_samples(),
        *harmless(NOW),
        *otherwise_listed(collected, micros(NOW)),
    ]
    records = list(stated_again(collected))
    return World([*records[::2], *held, *again(held), *records[1::2]], NOW.timestamp() + 60)


def _collected(clock: SimulatedClock, organization: ConsoleOrganization) -> Iterator[Envelope]:
    issues = scenario(SCENARIO, now=NOW, count=ACTIVITIES)
    with TemporaryDirectory() as folder, Stage(Path(folder), issues, clock=clock, organization=organization) as stage:
        settings = stage.settings(sinks=["splunk"], admin=True)
        settings["sources"] |= {name: {"enabled": True} for name, kind in SOURCES.items() if kind.key == "admin API"}
        settings["sources"]["usage"] |= {"start": "14d"}
        service = Service(load_settings(stage.write(settings), {}), local=clock.now_us)
        service.run_once(threading.Event(), lambda _: None)
        for envelope in stage.hec.events():
            source = envelope["source"].removeprefix("claude:")
            if source in _LATE_S:
                collect_at(envelope, envelope["time"] + _LATE_S[source])
            if source != "forwarder":
                yield envelope


def _telemetry(organization: ConsoleOrganization) -> Iterator[Envelope]:
    for day in range(11):
        time_us = micros(NOW) - day * DAY - 7 * MINUTE
        for body in exports(organization, time_us, seed=day + 1, people=8):
            records = decode(LOGS, body)
            decoded = events_of(records, Receipt(time_us // 1000 + 5000, INSTANCE), "metadata")
            yield from enveloped("otlp", decoded.events)


def _reports() -> Iterator[Envelope]:
    for event in reports(micros(NOW), INSTANCE):
        yield from enveloped("forwarder", [event])


def _samples() -> Iterator[Envelope]:
    """Rows of the feed and telemetry, an hour apart."""
    others = {folder for folder in MAKERS if folder not in ("claude-code-telemetry", "claude-code-metrics", "cowork")}
    chosen = [path for path in inputs() if path.parent.name not in others]
    for number, path in enumerate(chosen):
        event = event_of(path)
        for envelope in enveloped("activities" if event.stream == "activity" else "otlp", [event]):
            envelope["time"] = (micros(NOW) - (number % 140 + 1) * 60 * MINUTE) / SECOND
            envelope["event"]["time"] = round(envelope["time"] * 1000)
            collect_at(envelope, envelope["time"] + 40)
            yield envelope


def collect_at(envelope: Envelope, time_s: float) -> None:
    """Set when the event was collected; never later than now."""
    envelope["event"]["metadata"]["logged_time"] = round(min(time_s, NOW.timestamp()) * 1000)
