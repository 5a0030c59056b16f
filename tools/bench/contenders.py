"""The forwarder and alternative programs, with the same activities in the same run.

Each is a process that reads the same feed over HTTP and delivers events of the same size, compressed, to the same
simulated receiver, which checks that every id arrives exactly once.
"""

import json
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from forwarder.records import namespace
from forwarder.simulator.azure_tokens import CLIENT_ID, CLIENT_SECRET, TENANT_ID
from forwarder.simulator.hec import HEC_TOKEN
from forwarder.simulator.keys import COMPLIANCE_KEY
from forwarder.simulator.logs_ingestion import RULE_ID, STREAMS
from forwarder.simulator.stage import Stage
from forwarder.sinks.splunk.sink import BODY_BYTES
from tools.bench.dataset import expected_uids, stage_with
from tools.bench.process import FORWARDER, ProcessCost, run_to_exit
from tools.bench.traffic import Sent, TrafficMeter
from tools.node import install, node

ONCE = ("run", "--once", "--no-progress")
FEW_EVENTS = 10
PEERS = Path(__file__).parent / "peers"
NODE_CACHE = Path(__file__).parents[2] / "build" / "bench-node"
_NODE_FILES = ("package.json", "package-lock.json", "undici_pipeline.mjs")
Command = Callable[[Stage], Sequence[str]]


class Contender(NamedTuple):
    """A program that forwards the feed of a stage to one sink, and its command."""

    name: str
    sink: str
    command: Command


class Run(NamedTuple):
    """One program from start to exit."""

    cost: ProcessCost
    sent: Sent


class Result(NamedTuple):
    """A run, and the cost of the same program with few events."""

    run: Run
    start: ProcessCost

    @property
    def rate(self) -> float:
        """Events per CPU second, without the startup."""
        return (self.run.sent.events - FEW_EVENTS) / (self.run.cost.cpu_seconds - self.start.cpu_seconds)


def measure(contender: Contender, events: int) -> Result:
    """Run a program. Raises `RuntimeError` when an event is missing or duplicated."""
    return Result(forward(contender, events), forward(contender, FEW_EVENTS).cost)


def forward(contender: Contender, events: int) -> Run:
    """One run with `events` activities in the feed."""
    with tempfile.TemporaryDirectory(prefix="claude-siem-bench-") as name, stage_with(events, Path(name)) as stage:
        traffic = TrafficMeter(stage.hec if contender.sink == "splunk" else stage.logs)
        cost = run_to_exit(contender.command(stage))
        return Run(cost, traffic.sent(expected_uids(stage)))


def forwarder(sink: str, program: Sequence[str] = FORWARDER) -> Contender:
    """The forwarder, or a `program` with the same behavior."""
    return Contender(
        "claude-siem",
        sink,
        lambda stage: [*program, *ONCE, "--config", str(stage.write(stage.settings(sinks=[sink])))],
    )


def all_contenders() -> Iterator[Contender]:
    """All programs in the order of the table."""
    python = [sys.executable, "-m"]
    loop = "tools.bench.peers.requests_loop"
    yield forwarder("splunk")
    yield Contender("requests loop, json and zlib", "splunk", lambda s: [*python, loop, _task(s), "plain"])
    yield Contender("requests loop, orjson and isal", "splunk", lambda s: [*python, loop, _task(s), "fast"])
    yield Contender("Node undici pipeline", "splunk", lambda s: [*_node_command(), _task(s)])
    yield forwarder("sentinel")
    yield Contender("Azure SDK upload(list)", "sentinel", lambda s: [*python, "tools.bench.peers.azure_sdk", _task(s)])


def _node_command() -> list[str]:
    """The undici pipeline, with its dependency installed in `build/`. Raises `RuntimeError` when npm fails."""
    NODE_CACHE.mkdir(parents=True, exist_ok=True)
    for name in _NODE_FILES:
        shutil.copy(PEERS / name, NODE_CACHE / name)
    install(NODE_CACHE)
    return [node(), str(NODE_CACHE / "undici_pipeline.mjs")]


def _task(stage: Stage) -> str:
    """The file with the addresses and credentials for a peer."""
    file = stage.folder / "task.json"
    task = {
        "feed": stage.feed.url,
        "key": COMPLIANCE_KEY,
        "hec": stage.hec.url,
        "token": HEC_TOKEN,
        "body_bytes": BODY_BYTES,
        "logs": stage.logs.url,
        "rule": RULE_ID,
        "stream": STREAMS[0],
        "ca_file": str(stage.logs.ca_file),
        "tenant": TENANT_ID,
        "client": CLIENT_ID,
        "secret": CLIENT_SECRET,
        "namespace": str(UUID(bytes=namespace("activity"))),
        "instance": str(UUID(int=1)),
        "logged_ms": 1_781_000_030_000,
        "host": "bench",
    }
    file.write_text(json.dumps(task))
    return str(file)
