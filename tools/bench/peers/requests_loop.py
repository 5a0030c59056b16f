"""A simple loop with requests that sends to Splunk HEC: `requests_loop TASK plain|fast`.

`plain` uses json and gzip of the standard library, `fast` orjson and isal as the forwarder does; gzip at level 1.
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


class Codec(NamedTuple):
    """JSON decoder and encoder, and compression."""

    loads: Callable[[bytes], Any]
    dumps: Callable[[Any], bytes]
    compress: Callable[[bytes], bytes]


def _plain_dumps(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


CODECS = {
    "plain": Codec(json.loads, _plain_dumps, partial(gzip.compress, compresslevel=1)),
    "fast": Codec(orjson.loads, orjson.dumps, partial(igzip.compress, compresslevel=1)),
}


def main() -> None:
    """Send every activity to HEC. Raises when a response is not `Success`."""
    task, codec = json.loads(Path(sys.argv[1]).read_bytes()), CODECS[sys.argv[2]]
    with requests.Session() as session:
        session.headers["authorization"] = f"Splunk {task['token']}"
        session.headers["content-encoding"] = "gzip"
        for body in bodies(_lines(task, codec), task["body_bytes"]):
            response = session.post(f"{task['hec']}/services/collector/event", data=codec.compress(body), timeout=60)
            response.raise_for_status()
            if response.json()["code"] != 0:
                raise RuntimeError(response.text)


def _lines(task: Mapping[str, Any], codec: Codec) -> Iterator[bytes]:
    reshaper = Reshaper(task["namespace"], task["instance"], task["logged_ms"])
    for activity in activities(task, codec.loads):
        yield codec.dumps(_envelope(reshaper.event(activity), task["host"]))


def _envelope(event: dict[str, Any], host: str) -> dict[str, Any]:
    fields = {"claude_class": event["class_uid"], "claude_activity": event["activity_id"]}
    key_values = {f"claude_{name}": value for name, value in key_fields(event).items() if value is not None}
    return {
        "time": event["time"] / 1000,
        "host": host,
        "source": "claude:activities",
        "sourcetype": "ocsf:anthropic:claude",
        "index": "claude",
        "fields": {**fields, **key_values},
        "event": event,
    }


def bodies(lines: Iterator[bytes], limit: int) -> Iterator[bytes]:
    """The lines joined to bodies of up to `limit` bytes."""
    pending: list[bytes] = []
    size = 0
    for line in lines:
        if size + len(line) > limit and pending:
            yield b"\n".join(pending)
            pending, size = [], 0
        pending.append(line)
        size += len(line) + 1
    if pending:
        yield b"\n".join(pending)


if __name__ == "__main__":
    main()
