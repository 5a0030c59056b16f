"""`claude-siem demo`: the whole product on one machine, without configuration."""

import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer

from forwarder.cli import terminal
from forwarder.cli.screen import Screen, screen
from forwarder.detect import run_detections
from forwarder.records import STREAMS, event_uid, namespace
from forwarder.simulator import SimulatedClock, company, scenario
from forwarder.simulator.agents import PATH, exports
from forwarder.simulator.audit import account
from forwarder.simulator.clock import micros
from forwarder.simulator.stage import Stage
from forwarder.sinks import SINKS
from forwarder.sources import SOURCES

SCENARIO = "attack-keys"
RECORDS = 12_000
EXPORT_ATTEMPTS = 200
"""Attempts per OTLP export, every 0.1 s, until the forwarder listens."""
OTHER_SOURCES = [name for name in SOURCES if name != "activities"]


def demo(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
    progress: Annotated[bool, typer.Option(help="Show progress.")] = True,
) -> None:
    """Simulate a month of a Claude organization, collect and deliver it, and verify that no event is lost.

    Exit code: 0 when no event is lost.
    """
    display = screen(progress)
    with tempfile.TemporaryDirectory(prefix="claude-siem-demo-") as folder:
        try:
            summary = _run(Path(folder), display)
        finally:
            display.close()
    if as_json:
        terminal.show_json(summary)
    else:
        terminal.show(*_text(summary).split("\n"))
    raise typer.Exit(1 if any(sink["lost"] for sink in summary["sinks"].values()) else 0)


def _run(folder: Path, display: Screen) -> dict[str, Any]:
    now = datetime.now(UTC)
    clock = SimulatedClock()
    organization = company(SCENARIO, clock=clock, now_us=micros(now))
    issues = scenario(SCENARIO, now=now, count=RECORDS)
    with Stage(folder, issues, clock=clock, organization=organization) as stage:
        issued = stage.feed.issued_ids()
        started = time.monotonic()
        _forward(stage, issued, display)
        _send_telemetry(stage)
        seconds = time.monotonic() - started
    accounts = {kind: account(issued, stage.stand_ins[kind].events()) for kind in SINKS}
    sources = _sources(next(iter(stage.stand_ins.values())).events())
    tables = {stream: stage.logs.rows_of(f"Custom-Claude{stream.capitalize()}_CL") for stream in STREAMS}
    return {
        "collected": sources["activities"],
        "normalised": max(a.delivered for a in accounts.values()),
        "seconds": round(seconds, 1),
        "sources": sources,
        "sinks": {name: a._asdict() for name, a in accounts.items()},
        "detections": [
            {"rule": found["rule"], "alerts": found["alerts"]}
            for found in run_detections(tables, now=datetime.now(UTC))
        ],
    }


def _sources(events: Iterable[dict[str, Any]]) -> dict[str, int]:
    """Records collected from each source, by the `stopped` health event of each run."""
    reports = [
        event["unmapped"]["forwarder"] for event in events if event["metadata"]["event_code"] == "forwarder.stopped"
    ]
    collected = {name: source["records"] for report in reports for name, source in report["sources"].items()}
    return {"activities": 0, **collected}


def _send_telemetry(stage: Stage) -> None:
    """Run the forwarder as a service, and send it the telemetry of Claude Code."""
    settings = stage.settings(admin=True)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings["sources"] = {"activities": {"enabled": False}, "otlp": {"enabled": True, "listen": f"127.0.0.1:{port}"}}
    command = [sys.executable, "-m", "forwarder", "run", "--config", str(stage.write(settings))]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as forwarder:  # noqa: S603 (constant command)
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as agents:
            for body in exports(stage.feed.organization, stage.clock.now_us()):
                _export(agents, body)
        forwarder.terminate()


def _export(agents: httpx.Client, body: bytes) -> None:
    """Send a request and retry until it is accepted, as OTLP exporters do."""
    for _ in range(EXPORT_ATTEMPTS):
        with suppress(httpx.TransportError):
            if agents.post(PATH, content=body, headers={"content-type": "application/json"}).status_code == 200:
                return
        time.sleep(0.1)


def _forward(stage: Stage, issued: list[str], display: Screen) -> None:
    """Run the forwarder once, in a separate process, as a user does."""
    settings = stage.settings(admin=True)
    settings["sources"] |= {name: {"enabled": True} for name in OTHER_SOURCES}
    settings["sources"]["usage"] |= {"start": "31d"}  # as for activities: the longest lookback of a rule
    config = stage.write(settings)
    space = namespace("activity")
    activities = {event_uid(space, activity_id) for activity_id in issued}
    command = [sys.executable, "-m", "forwarder", "run", "--config", str(config), "--once", "--no-progress"]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as forwarder:  # noqa: S603 (constant command)
        while forwarder.poll() is None:
            servers = {kind: stand_in.server for kind, stand_in in stage.stand_ins.items() if stand_in.server}
            received = {kind: len(activities & server.uids().keys()) for kind, server in servers.items()}
            display.show({kind: (count, len(activities)) for kind, count in received.items()})
            time.sleep(0.1)
        errors = forwarder.stderr.read().decode() if forwarder.stderr else ""
    if forwarder.returncode:
        terminal.warn(*errors.splitlines())


def _text(summary: dict[str, Any]) -> str:
    alerting = [found for found in summary["detections"] if found["alerts"]]
    others = {name: number for name, number in summary["sources"].items() if name != "activities"}
    lines = [
        f"{summary['collected']:,} activities collected, {summary['normalised']:,} normalized, {summary['seconds']} s",
        "other records: " + ", ".join(f"{name} {number:,}" for name, number in others.items()),
        "",
        f"{'sink':<10} {'delivered':>10} {'lost':>6} {'duplicated':>11}",
        *(
            f"{name:<10} {sink['delivered']:>10,} {sink['lost']:>6,} {sink['duplicated']:>11,}"
            for name, sink in summary["sinks"].items()
        ),
        "",
        f"{'detection':<34} {'alerts':>6}",
        *(f"{found['rule']:<34} {found['alerts']:>6,}" for found in alerting),
        f"{len(summary['detections']) - len(alerting)} rules without alerts",
    ]
    return "\n".join(lines)
