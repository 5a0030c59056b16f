"""`claude-siem demo`, the first thing that anybody runs: nothing is lost, and it fits where the container puts it."""

import json
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
GIVEN_MB = {"1g": 1024}[COMPOSE["services"]["demo"]["mem_limit"]]


# A process of its own: the most that a child took counts what its parent held when it began, and pytest holds much.
MEASURED = """
import resource, subprocess, sys
done = subprocess.run(sys.argv[1:])
sys.stderr.write(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss))
sys.exit(done.returncode)
"""
UNITS_A_MB = 1024 * 1024 if sys.platform == "darwin" else 1024


@pytest.fixture(scope="module")
def played() -> tuple[dict[str, Any], float]:
    """What it said, and the memory it took at the most, in MB."""
    demo = command("demo", "--json", "--no-progress")
    done = subprocess.run([sys.executable, "-c", MEASURED, *demo], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout), float(done.stderr) / UNITS_A_MB


def test_every_sink_has_every_activity_once(played: tuple[dict[str, Any], float]) -> None:
    summary, _ = played
    assert summary["collected"] > 12_000
    whole = {"delivered": summary["collected"], "lost": 0, "duplicated": 0}
    assert summary["sinks"] == dict.fromkeys(SINKS, whole)


def test_every_source_gives_something(played: tuple[dict[str, Any], float]) -> None:
    sources = played[0]["sources"]
    assert len(sources) == 9
    assert all(sources.values()), sources


def test_the_rules_find_the_attack_and_not_everything(played: tuple[dict[str, Any], float]) -> None:
    alerts = {found["rule"]: found["alerts"] for found in played[0]["detections"]}
    assert alerts.keys() == {rule.name for rule in bundled_rules()}
    assert alerts["keys/revoked-key-used"] > 0
    assert sum(1 for count in alerts.values() if count) < len(alerts) / 2


def test_its_memory_is_well_below_what_the_container_gives(played: tuple[dict[str, Any], float]) -> None:
    assert played[1] < 0.75 * GIVEN_MB
