"""The forwarder and what others would write, on the same activities in the same run.

Each is a process that reads the same feed over HTTP and delivers events of the same size to the same stand-in, gzip
on; the receiver checks that each id came, once.
"""

import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from forwarder.identity import namespace
from forwarder.simulator.azure_tokens import CLIENT_ID, CLIENT_SECRET, TENANT_ID
from forwarder.simulator.hec import HEC_TOKEN
from forwarder.simulator.keys import COMPLIANCE_KEY
from forwarder.simulator.logs_ingestion import RULE_ID, STREAMS
from forwarder.simulator.stage import Stage
from forwarder.sinks.splunk.sink import BODY_BYTES
from tools.bench import node
from tools.bench.material import filled, uids
from tools.bench.process import FORWARDER, Spent, spent
from tools.bench.wire import Sent, Wire

ONCE = ("run", "--once", "--no-progress")
ALMOST_NONE = 10
Command = Callable[[Stage], Sequence[str]]


class Contender(NamedTuple):
    """A program that forwards the feed of a stage to one sink, and how it is begun."""

    name: str
    sink: str
    command: Command


class Run(NamedTuple):
    """One program from start to exit."""

    spent: Spent
    sent: Sent


class Result(NamedTuple):
    """A run, and what the same program costs with almost nothing to do."""

    run: Run
    start: Spent

    @property
    def rate(self) -> float:
        """Events a CPU-second, without the start."""
        return (self.run.sent.events - ALMOST_NONE) / (self.run.spent.cpu_seconds - self.start.cpu_seconds)


def measure(contender: Contender, events: int) -> Result:
    """Raises `RuntimeError` when an event is missing or came twice."""
    return Result(forward(contender, events), forward(contender, ALMOST_NONE).spent)


def forward(contender: Contender, events: int) -> Run:
    """One run with `events` activities in the feed."""
    with tempfile.TemporaryDirectory(prefix="claude-siem-bench-") as name, filled(Path(name), events) as stage:
        wire = Wire(stage.hec if contender.sink == "splunk" else stage.logs)
        cost = spent(contender.command(stage))
        return Run(cost, wire.sent(uids(stage)))


def forwarder(sink: str, program: Sequence[str] = FORWARDER) -> Contender:
    """Ours, or a `program` that behaves like it, with everything it does."""
    return Contender(
        "claude-siem",
        sink,
        lambda stage: [*program, *ONCE, "--config", str(stage.write(stage.settings(sinks=[sink])))],
    )


def all_of_them() -> Iterator[Contender]:
    """In the order of the table."""
    python = [sys.executable, "-m"]
    loop = "tools.bench.peers.requests_loop"
    yield forwarder("splunk")
    yield Contender("requests loop, json and zlib", "splunk", lambda s: [*python, loop, _task(s), "plain"])
    yield Contender("requests loop, orjson and isal", "splunk", lambda s: [*python, loop, _task(s), "quick"])
    yield Contender("Node undici pipeline", "splunk", lambda s: [*node.program(), _task(s)])
    yield forwarder("sentinel")
    yield Contender("Azure SDK upload(list)", "sentinel", lambda s: [*python, "tools.bench.peers.azure_sdk", _task(s)])


def _task(stage: Stage) -> str:
    """The file that tells a peer where everything is."""
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
