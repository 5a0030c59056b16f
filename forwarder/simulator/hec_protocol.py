"""The protocol of Splunk's HTTP Event Collector: codes, bodies, indexer acknowledgements.

Sources: help.splunk.com "Troubleshoot HTTP Event Collector", "Format events for HTTP Event Collector", "About HTTP
Event Collector Indexer Acknowledgment".
"""

import json
import re
from collections import defaultdict
from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson

from forwarder.simulator.clock import SECOND, SimulatedClock
from forwarder.simulator.http import Answer, Request
from forwarder.simulator.server import json_answer

_DECODER = json.JSONDecoder()
_SPACE = " \t\r\n"
_GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


class HecCode(NamedTuple):
    """HTTP status and text of one code."""

    status: int
    text: str


CODES: Mapping[int, HecCode] = {
    0: HecCode(200, "Success"),
    1: HecCode(403, "Token disabled"),
    2: HecCode(401, "Token is required"),
    3: HecCode(401, "Invalid authorization"),
    4: HecCode(403, "Invalid token"),
    5: HecCode(400, "No data"),
    6: HecCode(400, "Invalid data format"),
    7: HecCode(400, "Incorrect index"),
    8: HecCode(500, "Internal server error"),
    9: HecCode(503, "Server is busy"),
    10: HecCode(400, "Data channel is missing"),
    11: HecCode(400, "Invalid data channel"),
    12: HecCode(400, "Event field is required"),
    13: HecCode(400, "Event field cannot be blank"),
    14: HecCode(400, "ACK is disabled"),
    15: HecCode(400, "Error in handling indexed fields"),
    16: HecCode(400, "Query string authorization is not enabled"),
    17: HecCode(200, "HEC is healthy"),
    18: HecCode(503, "HEC is unhealthy, queues are full"),
    19: HecCode(503, "HEC is unhealthy, ack service unavailable"),
    20: HecCode(503, "HEC is unhealthy, queues are full, ack service unavailable"),
    21: HecCode(400, "Invalid token"),
    22: HecCode(400, "Token disabled"),
    23: HecCode(503, "Server is shutting down"),
    24: HecCode(200, "HEC queue is approaching its capacity limit"),
    25: HecCode(200, "HEC ACK is approaching its capacity limit"),
    26: HecCode(429, "HEC queue is at capacity and cannot process any more requests"),
    27: HecCode(429, "HEC ACK channel is at capacity and cannot process any more requests"),
}


def hec_answer(code: int, number: int | None = None, **more: Any) -> Answer:
    """The answer with this code; `number` is the 0-based event that stopped the processing."""
    body: dict[str, Any] = {"text": CODES[code].text, "code": code, **more}
    if number is not None:
        body["invalid-event-number"] = number
    return json_answer(CODES[code].status, body)


def html_answer(status: int, title: str) -> Answer:
    """A generic HTML page, which Splunk sends for 413 and 415."""
    page = f"<!doctype html><html><head><title>{status} {title}</title></head><body><h1>{title}</h1></body></html>"
    return Answer(status, page.encode(), {"content-type": "text/html; charset=UTF-8"})


class HecBatch(NamedTuple):
    """The accepted envelopes at the front of a body; `code` is why the rest was not taken (0: there is no rest)."""

    envelopes: list[Any]
    code: int


def read_body(raw: bytes, indexes: frozenset[str]) -> HecBatch:
    """The envelopes up to the first one that Splunk would refuse. `indexes` are those the token may write."""
    envelopes, code = _parse(raw)
    for number, envelope in enumerate(envelopes):
        if wrong := _wrong(envelope, indexes):
            return HecBatch(envelopes[:number], wrong)
    return HecBatch(envelopes, code)


def _parse(raw: bytes) -> tuple[list[Any], int]:
    # A raw newline cannot stand inside a JSON string, so this joins envelopes and touches nothing else.
    try:
        parsed = orjson.loads(b"[" + raw.strip().replace(b"}\n{", b"},\n{") + b"]")
    except orjson.JSONDecodeError:
        return _parse_one_by_one(raw)
    return (parsed[0] if len(parsed) == 1 and isinstance(parsed[0], list) else parsed), 0


def _parse_one_by_one(raw: bytes) -> tuple[list[Any], int]:
    text, at = raw.decode("utf-8", "replace"), 0
    found: list[Any] = []
    while True:
        while at < len(text) and text[at] in _SPACE:
            at += 1
        if at == len(text):
            return found, 0
        try:
            envelope, at = _DECODER.raw_decode(text, at)
        except (json.JSONDecodeError, RecursionError):
            return found, 6
        found.append(envelope)


def _wrong(envelope: Any, indexes: frozenset[str]) -> int:
    """The code for which this envelope is refused, 0 for an accepted one."""
    if not isinstance(envelope, dict):
        return 6
    event = envelope.get("event")
    if event is None:
        return 12
    if event in ("", {}):
        return 13
    index = envelope.get("index")
    if index is not None and index not in indexes:
        return 7
    return _wrong_time(envelope.get("time")) or _wrong_fields(envelope.get("fields"))


def _wrong_time(time: Any) -> int:
    if time is None:
        return 0
    try:
        return 0 if not isinstance(time, bool) and float(time) >= 0 else 6
    except (TypeError, ValueError):
        return 6


def _wrong_fields(fields: Any) -> int:
    if fields is None:
        return 0
    if not isinstance(fields, dict):
        return 6
    return 15 if any(isinstance(value, dict) for value in fields.values()) else 0


def uid_of(event: Any) -> str:
    """`metadata.uid` of an event, `""` where there is none."""
    try:
        return str(event["metadata"]["uid"])
    except (KeyError, TypeError):
        return ""


def poisoned(batch: HecBatch, settings: Mapping[str, Any]) -> HecBatch:
    """The batch as a server sees it that refuses one event, with the code of the setting `code` (6).

    The event is the one of the setting `number` (0-based), or the first that holds the text `contains`.
    With `numbered` false the refusal has no number, and nothing of the batch is taken.
    """
    number = next((n for n, one in enumerate(batch.envelopes) if _is_poison(n, one, settings)), None)
    if number is None:
        return batch
    kept = batch.envelopes[:number] if settings.get("numbered", True) else []
    return HecBatch(kept, int(settings.get("code", 6)))


def _is_poison(number: int, envelope: Any, settings: Mapping[str, Any]) -> bool:
    text = settings.get("contains")
    return number == settings.get("number") or (text is not None and text in orjson.dumps(envelope).decode())


class Acks:
    """The acknowledgements of every channel: one id a request, counted within its channel, given once when true.

    `delay` is simulated seconds from acceptance to `true`.
    """

    def __init__(self, clock: SimulatedClock, delay: float) -> None:
        self._clock = clock
        self.delay = delay
        self._due: defaultdict[str, dict[int, int]] = defaultdict(dict)
        self._given: defaultdict[str, int] = defaultdict(int)

    def give(self, channel: str) -> int:
        """The id of a request just accepted."""
        ack_id = self._given[channel]
        self._given[channel] += 1
        self._due[channel][ack_id] = self._clock.now_us() + round(self.delay * SECOND)
        return ack_id

    def take(self, channel: str, ids: list[int]) -> dict[str, bool]:
        """`true` once for each id that is indexed; `false` for pending, unknown and already acknowledged ones."""
        return {str(ack_id): self._indexed(self._due[channel], ack_id) for ack_id in ids}

    def restart(self) -> None:
        """Forget every pending acknowledgement and begin anew at 0, as a restarted indexer does."""
        self._due.clear()
        self._given.clear()

    def acknowledge_now(self) -> None:
        """Acknowledge everything now, what was taken before too."""
        self.delay = 0.0
        for due in self._due.values():
            due.update(dict.fromkeys(due, 0))

    def _indexed(self, due: dict[int, int], ack_id: int) -> bool:
        if ack_id not in due or self._clock.now_us() < due[ack_id]:
            return False
        del due[ack_id]
        return True


def channel_of(request: Request) -> str | None:
    """The channel of a request, from its header or its query."""
    return request.headers.get("x-splunk-request-channel") or dict(request.query).get("channel")


def is_channel(text: str) -> bool:
    """Whether the text is a GUID."""
    return _GUID.fullmatch(text) is not None
