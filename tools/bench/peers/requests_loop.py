"""A plain loop with requests, to Splunk's HEC: `requests_loop TASK plain|quick`.

`plain` is json and gzip of the standard library, `quick` orjson and isal, which the forwarder uses. gzip at level 1.
"""

import gzip
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import orjson
import requests
from isal import igzip

from tools.bench.peers.feed import activities
from tools.bench.peers.reshape import Reshaper, key_fields


class Tools(NamedTuple):
    """What reads and writes JSON, and packs a body."""

    loads: Callable[[bytes], Any]
    dumps: Callable[[Any], bytes]
    pack: Callable[[bytes], bytes]


def _plain_dumps(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


TOOLS = {
    "plain": Tools(json.loads, _plain_dumps, partial(gzip.compress, compresslevel=1)),
    "quick": Tools(orjson.loads, orjson.dumps, partial(igzip.compress, compresslevel=1)),
}


def main() -> None:
    """Bring every activity to HEC. Raises when an answer is not `Success`."""
    task, tools = json.loads(Path(sys.argv[1]).read_bytes()), TOOLS[sys.argv[2]]
    with requests.Session() as session:
        session.headers["authorization"] = f"Splunk {task['token']}"
        session.headers["content-encoding"] = "gzip"
        for body in bodies(_lines(task, tools), task["body_bytes"]):
            answer = session.post(f"{task['hec']}/services/collector/event", data=tools.pack(body), timeout=60)
            answer.raise_for_status()
            if answer.json()["code"] != 0:
                raise RuntimeError(answer.text)


def _lines(task: Mapping[str, Any], tools: Tools) -> Iterator[bytes]:
    reshaper = Reshaper(task["namespace"], task["instance"], task["logged_ms"])
    for activity in activities(task, tools.loads):
        yield tools.dumps(_envelope(reshaper.event(activity), task["host"]))


def _envelope(event: dict[str, Any], host: str) -> dict[str, Any]:
    fields = {"claude_class": event["class_uid"], "claude_activity": event["activity_id"]}
    told = {f"claude_{name}": value for name, value in key_fields(event).items() if value is not None}
    return {
        "time": event["time"] / 1000,
        "host": host,
        "source": "claude:activities",
        "sourcetype": "ocsf:anthropic:claude",
        "index": "claude",
        "fields": {**fields, **told},
        "event": event,
    }


def bodies(lines: Iterator[bytes], limit: int) -> Iterator[bytes]:
    """The lines put together, up to `limit` bytes a body."""
    waiting: list[bytes] = []
    size = 0
    for line in lines:
        if size + len(line) > limit and waiting:
            yield b"\n".join(waiting)
            waiting, size = [], 0
        waiting.append(line)
        size += len(line) + 1
    if waiting:
        yield b"\n".join(waiting)


if __name__ == "__main__":
    main()
