"""`claude-siem demo` loses nothing and fits into the memory of the demo container."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from forwarder.detect import bundled_rules
from forwarder.sinks import SINKS
from tests.cli.commands import command

COMPOSE = yaml.safe_load((Path(__file__).parents[2] / "deploy" / "compose.yaml").read_text())
MEMORY_LIMIT_MB = {"1g": 1024}[COMPOSE["services"]["demo"]["mem_limit"]]


# A separate process, because the peak memory of a child includes that of its parent at the start, here pytest.
MEASURED = """
import resource, subprocess, sys
done = subprocess.run(sys.argv[1:])
sys.stderr.write(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss))
sys.exit(done.returncode)
"""
UNITS_PER_MB = 1024 * 1024 if sys.platform == "darwin" else 1024


@pytest.fixture(scope="module")
def demo_run() -> tuple[dict[str, Any], float]:
    """Its summary, and its peak memory in MB."""
    demo = command("demo", "--json", "--no-progress")
    nowhere = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), "http://127.0.0.1:1")
    environment = {**os.environ, **nowhere, "NO_PROXY": ""}  # as on a corporate laptop
    measured = [sys.executable, "-c", MEASURED, *demo]
    done = subprocess.run(measured, capture_output=True, text=True, timeout=300, env=environment)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout), float(done.stderr) / UNITS_PER_MB


def test_every_sink_receives_every_activity_exactly_once(demo_run: tuple[dict[str, Any], float]) -> None:
    summary, _ = demo_run
    assert summary["collected"] > 12_000
    complete = {"delivered": summary["collected"], "lost": 0, "duplicated": 0}
    assert summary["sinks"] == dict.fromkeys(SINKS, complete)


def test_every_source_collects_records(demo_run: tuple[dict[str, Any], float]) -> None:
    sources = demo_run[0]["sources"]
    assert len(sources) == 9
    assert all(sources.values()), sources


def test_the_rules_detect_the_attack_and_most_rules_do_not_alert(demo_run: tuple[dict[str, Any], float]) -> None:
    alerts = {found["rule"]: found["alerts"] for found in demo_run[0]["detections"]}
    assert alerts.keys() == {rule.name for rule in bundled_rules()}
    assert alerts["keys/revoked-key-used"] > 0
    assert sum(1 for count in alerts.values() if count) < len(alerts) / 2


def test_peak_memory_is_well_below_the_container_limit(demo_run: tuple[dict[str, Any], float]) -> None:
    assert demo_run[1] < 0.75 * MEMORY_LIMIT_MB
