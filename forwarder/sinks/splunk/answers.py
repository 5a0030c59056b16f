"""Splunk's HEC answers and what each means (pages: Troubleshoot HTTP Event Collector, HEC REST API).

`invalid-event-number` k is 0-based: events before k were taken.
"""

import re
from enum import Enum
from typing import Any

import httpx
import orjson

from forwarder.errors import Misconfigured, Reject, Retry
from forwarder.http_client import redirect_text, retry_after
from forwarder.redaction import shorten
from forwarder.sinks.base import TOO_LARGE, Verdict

MOST_OF_A_TEXT = 300
"""Characters of Splunk's own words that a message repeats."""


class HecMeaning(Enum):
    """What follows from an answer."""

    DELIVERED = "delivered"
    LATER = "later"
    EVENT = "this event is refused"
    DESTINATION = "the destination is misconfigured"


CODES: dict[int, HecMeaning] = {
    0: HecMeaning.DELIVERED,
    1: HecMeaning.DESTINATION,  # Token disabled
    2: HecMeaning.DESTINATION,  # Token is required
    3: HecMeaning.DESTINATION,  # Invalid authorization
    4: HecMeaning.DESTINATION,  # Invalid token
    5: HecMeaning.EVENT,  # No data
    6: HecMeaning.EVENT,  # Invalid data format
    7: HecMeaning.DESTINATION,  # Incorrect index
    8: HecMeaning.LATER,  # Internal server error
    9: HecMeaning.LATER,  # Server is busy
    10: HecMeaning.DESTINATION,  # Data channel is missing
    11: HecMeaning.DESTINATION,  # Invalid data channel
    12: HecMeaning.EVENT,  # Event field is required
    13: HecMeaning.EVENT,  # Event field cannot be blank
    14: HecMeaning.DESTINATION,  # ACK is disabled
    15: HecMeaning.EVENT,  # Error in handling indexed fields
    16: HecMeaning.DESTINATION,  # Query string authorization is not enabled
    18: HecMeaning.LATER,  # Queues are full
    19: HecMeaning.LATER,  # Ack service unavailable
    20: HecMeaning.LATER,  # Queues are full, ack service unavailable
    21: HecMeaning.DESTINATION,  # Invalid token
    22: HecMeaning.DESTINATION,  # Token disabled
    23: HecMeaning.LATER,  # Server is shutting down
    24: HecMeaning.DELIVERED,  # Queue is approaching its limit
    25: HecMeaning.DELIVERED,  # Ack is approaching its limit
    26: HecMeaning.LATER,  # Queue is at capacity
    27: HecMeaning.LATER,  # Ack channel is at capacity
}
_MOST_ACKS = 2**62
_NUMBER = re.compile(r"[0-9]{1,18}")
_FIXES = {
    1: "enable the token in Splunk (Settings > Data inputs > HTTP Event Collector)",
    4: "set the token that Splunk shows (Settings > Data inputs > HTTP Event Collector)",
    14: "enable indexer acknowledgement for the token in Splunk, or set ack: auto",
    7: "create the index in Splunk and allow it for this token",
}


def judge(answer: httpx.Response, sink: str, index: str, events: int) -> Verdict:
    """The verdict on a body of `events` events sent to `index`."""
    content = _content(answer)
    code = content.get("code")
    meaning = CODES.get(code) if isinstance(code, int) else None
    text = f"HTTP {answer.status_code}, HEC code {code}: {shorten(str(content.get('text')), MOST_OF_A_TEXT)}"
    if meaning is None:
        return _not_from_hec(answer, sink)
    if meaning is HecMeaning.DELIVERED and answer.is_success:
        return Verdict(events)
    number = content.get("invalid-event-number")
    taken = number if isinstance(number, int) and 0 <= number < events else None
    if meaning is HecMeaning.EVENT:
        reason = str(content.get("text")).lower().replace(" ", "-")
        return Verdict(taken or 0, Reject(reason, text), named=taken is not None)
    if meaning is HecMeaning.DESTINATION:
        fix = _FIXES.get(code, "check the token's settings in Splunk") if isinstance(code, int) else ""
        where = f"index {index}" if code == 7 else "the HEC token"
        return Verdict(taken or 0, problem=Misconfigured(f"sinks.{sink}: {where} is refused ({text}); {fix}"))
    return Verdict(taken or 0, problem=Retry(f"sinks.{sink}: {text}", retry_after(answer.headers)))


def ack_id(answer: httpx.Response, sink: str) -> int | None:
    """The number under which an accepted body will be acknowledged; `None`: the token gives none.

    Raises `Retry` for what is no number: what was taken under it could never be confirmed.
    """
    number = _content(answer).get("ackId")
    if number is None or (number.__class__ is int and 0 <= number <= _MOST_ACKS):
        return number
    raise Retry(f"sinks.{sink}: ackId {str(number)[:40]!r} is no acknowledgement number; check what answers for Splunk")


def acknowledged_ids(answer: httpx.Response, sink: str) -> set[int]:
    """The numbers that are acknowledged, by the answer to an acknowledgement request. Raises as `Sink.deliver`."""
    acks = _content(answer).get("acks")
    if answer.is_success and isinstance(acks, dict):
        return {int(number) for number, indexed in acks.items() if indexed is True and _NUMBER.fullmatch(number)}
    verdict = judge(answer, sink, "", 1)
    raise verdict.problem or Retry(f"sinks.{sink}: HTTP {answer.status_code} to an acknowledgement request")


def _not_from_hec(answer: httpx.Response, sink: str) -> Verdict:
    """An answer without a HEC code: of a proxy, a load balancer or another service."""
    status = answer.status_code
    kind = shorten(answer.headers.get("content-type", "no content type"), MOST_OF_A_TEXT)
    text = f"HTTP {status} without a HEC code ({kind}): the answer is not Splunk's but a proxy's or another service's"
    if redirect := redirect_text(status, answer.headers):
        return Verdict(0, problem=Misconfigured(f"sinks.{sink}: {redirect}; check sinks.{sink}.url"))
    if status == 413:
        return Verdict(0, Reject(TOO_LARGE, text), named=False)
    if status in (401, 403, 404, 405, 407, 415) or status < 300:
        return Verdict(0, problem=Misconfigured(f"sinks.{sink}: {text}; check sinks.{sink}.url"))
    return Verdict(0, problem=Retry(f"sinks.{sink}: {text}", retry_after(answer.headers)))


def _content(answer: httpx.Response) -> dict[str, Any]:
    try:
        content = orjson.loads(answer.content)
    except orjson.JSONDecodeError:
        return {}
    return content if isinstance(content, dict) else {}
