"""`claude-siem demo`: the whole product on one machine with nothing configured."""

import json
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

from forwarder.cli.screen import Screen, screen
from forwarder.detect import run_detections
from forwarder.identity import event_uid, namespace
from forwarder.records import STREAMS
from forwarder.simulator import SimulatedClock, company, scenario
from forwarder.simulator.agents import PATH, exports
from forwarder.simulator.audit import account, archived
from forwarder.simulator.clock import micros
from forwarder.simulator.stage import Stage
from forwarder.sources import SOURCES

SCENARIO = "attack-keys"
RECORDS = 12_000
TRIES = 200
"""Of an export, a tenth of a second apart, until the forwarder listens."""
OTHER_SOURCES = [name for name in SOURCES if name != "activities"]


def demo(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
    progress: Annotated[bool, typer.Option(help="Show progress.")] = True,
) -> None:
    """Play a month of a Claude organization as Anthropic's API, collect it, deliver it, prove that nothing is lost.

    Exit code: 0 when nothing was lost.
    """
    shown = screen(progress)
    with tempfile.TemporaryDirectory(prefix="claude-siem-demo-") as folder:
        try:
            summary = _play(Path(folder), shown)
        finally:
            shown.close()
    typer.echo(json.dumps(summary) if as_json else _text(summary))
    raise typer.Exit(1 if any(sink["lost"] for sink in summary["sinks"].values()) else 0)


def _play(folder: Path, shown: Screen) -> dict[str, Any]:
    now = datetime.now(UTC)
    clock = SimulatedClock()
    organization = company(SCENARIO, clock=clock, now_us=micros(now))
    issues = scenario(SCENARIO, now=now, count=RECORDS)
    with Stage(folder, issues, clock=clock, organization=organization) as stage:
        issued = stage.feed.issued_ids()
        started = time.monotonic()
        _forward(stage, issued, shown)
        _take_telemetry(stage)
        seconds = time.monotonic() - started
    accounts = {
        "splunk": account(issued, stage.hec.delivered.read()),
        "sentinel": account(issued, stage.logs.delivered.read()),
        "archive": account(issued, archived(folder / "archive")),
    }
    sources = _sources(archived(folder / "archive"))
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
    """What the forwarder itself says it collected of each source, in its last health event of each run."""
    said = [
        event["unmapped"]["forwarder"] for event in events if event["metadata"]["event_code"] == "forwarder.stopped"
    ]
    known = {name: source["records"] for figures in said for name, source in figures["sources"].items()}
    return {"activities": 0, **known}


def _take_telemetry(stage: Stage) -> None:
    """The forwarder as a service, and Claude Code that sends to it."""
    settings = stage.settings(admin=True)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings["sources"] = {"activities": {"enabled": False}, "otlp": {"enabled": True, "listen": f"127.0.0.1:{port}"}}
    command = [sys.executable, "-m", "forwarder", "run", "--config", str(stage.write(settings))]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as forwarder:  # noqa: S603 (our own module)
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as agents:
            for body in exports(stage.feed.organization, stage.clock.now_us()):
                _sent(agents, body)
        forwarder.terminate()


def _sent(agents: httpx.Client, body: bytes) -> None:
    """Exported, as exporters do it: again until it is taken."""
    for _ in range(TRIES):
        with suppress(httpx.TransportError):
            if agents.post(PATH, content=body, headers={"content-type": "application/json"}).status_code == 200:
                return
        time.sleep(0.1)


def _forward(stage: Stage, issued: list[str], shown: Screen) -> None:
    """The forwarder as a user runs it, in a process of its own."""
    settings = stage.settings(admin=True)
    settings["sources"] |= {name: {"enabled": True} for name in OTHER_SOURCES}
    settings["sources"]["usage"] |= {"start": "31d"}  # as the activities, and as long as the rules look back
    config = stage.write(settings)
    space = namespace("activity")
    activities = {event_uid(space, activity_id) for activity_id in issued}
    command = [sys.executable, "-m", "forwarder", "run", "--config", str(config), "--once", "--no-progress"]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as forwarder:  # noqa: S603 (our own interpreter and module)
        while forwarder.poll() is None:
            held = {"splunk": stage.hec.uids(), "sentinel": stage.logs.uids()}
            shown.show({name: (len(activities & uids.keys()), len(activities)) for name, uids in held.items()})
            time.sleep(0.1)
        errors = forwarder.stderr.read().decode() if forwarder.stderr else ""
    if forwarder.returncode:
        typer.echo(errors, err=True)


def _text(summary: dict[str, Any]) -> str:
    fired = [found for found in summary["detections"] if found["alerts"]]
    others = {name: number for name, number in summary["sources"].items() if name != "activities"}
    lines = [
        f"{summary['collected']:,} activities collected, {summary['normalised']:,} normalised, {summary['seconds']} s",
        "besides " + ", ".join(f"{number:,} of {name}" for name, number in others.items()),
        "",
        f"{'sink':<10} {'delivered':>10} {'lost':>6} {'duplicated':>11}",
        *(
            f"{name:<10} {sink['delivered']:>10,} {sink['lost']:>6,} {sink['duplicated']:>11,}"
            for name, sink in summary["sinks"].items()
        ),
        "",
        f"{'detection':<34} {'alerts':>6}",
        *(f"{found['rule']:<34} {found['alerts']:>6,}" for found in fired),
        f"and {len(summary['detections']) - len(fired)} rules that say nothing",
    ]
    return "\n".join(lines)
