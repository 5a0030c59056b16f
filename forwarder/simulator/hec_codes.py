"""The codes of Splunk's HTTP Event Collector (help.splunk.com, "Troubleshoot HTTP Event Collector")."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from forwarder.simulator.http import Answer
from forwarder.simulator.server import json_answer


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
