"""Splunk's HTTP Event Collector, as its documentation and measurements of Splunk 10.4 describe it."""

import base64
import binascii
import ssl
from collections.abc import Mapping
from typing import Any

import orjson

from forwarder.simulator.clock import SimulatedClock
from forwarder.simulator.destination import BadEncodingError, DestinationServer, plain_body
from forwarder.simulator.faults import Effect, Fault, Serve
from forwarder.simulator.hec_protocol import (
    Acks,
    HecBatch,
    channel_of,
    hec_answer,
    html_answer,
    is_channel,
    poisoned,
    read_body,
    uid_of,
)
from forwarder.simulator.http import Answer, Request
from forwarder.simulator.server import Control, json_answer

HEC_TOKEN = "11111111-2222-4333-8444-555555555555"  # noqa: S105  the simulator's own
INDEXES = ("claude", "claude_usage", "claude_agent", "claude_content")

_EVENT_PATHS = {"/services/collector", "/services/collector/event", "/services/collector/event/1.0"}
_ACK_PATHS = {"/services/collector/ack", "/services/collector/ack/1.0"}
_HEALTH_PATHS = {"/services/collector/health", "/services/collector/health/1.0"}


def _code(default: int) -> Effect:
    """Refuse with the code of the setting `code`, and `retry_after` when that is set."""

    def effect(fault: Fault, request: Request, serve: Serve) -> Answer:
        answer = hec_answer(int(fault.settings.get("code", default)))
        after = fault.settings.get("retry_after")
        return answer if after is None else _with(answer, {"retry-after": str(after)})

    return effect


def _with(answer: Answer, headers: Mapping[str, str]) -> Answer:
    return answer._replace(headers={**answer.headers, **headers})


def _near_capacity(fault: Fault, request: Request, serve: Serve) -> Answer:
    """Delivered, with code 24: slow down."""
    answer = serve()
    if answer.status != 200:
        return answer
    body = orjson.loads(answer.body)
    return hec_answer(24, **{"ackId": body["ackId"]} if "ackId" in body else {})


_CODE_FAULTS: Mapping[str, Effect] = {
    "busy": _code(9),
    "at-capacity": _code(26),
    "near-capacity": _near_capacity,
    "internal-error": _code(8),
    "shutting-down": _code(23),
    "token-disabled": _code(1),
    "token-invalid": _code(4),
    "refused": _code(6),
}


class HecServer(DestinationServer):
    """A HEC with one token. `indexes` are those it may write; `max_bytes` the largest body.

    `use_ack` turns indexer acknowledgement on: an event is acknowledged `ack_delay` simulated seconds later.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        clock: SimulatedClock | None = None,
        tls: ssl.SSLContext | None = None,
        keep_events: bool = False,
        token: str = HEC_TOKEN,
        indexes: tuple[str, ...] = INDEXES,
        max_bytes: int = 838_860_800,
        use_ack: bool = False,
        ack_delay: float = 0.0,
    ) -> None:
        super().__init__(port=port, clock=clock, tls=tls, keep_events=keep_events)
        self.token = token
        self.token_disabled = False
        self.indexes = frozenset(indexes)
        self.max_bytes = max_bytes
        self.acks = Acks(self.clock, ack_delay) if use_ack else None
        self._poison: Mapping[str, Any] = {}

    def effects(self) -> Mapping[str, Effect]:
        """Faults by code, and `refuse-event` (see `_refuse_event`)."""
        return {**_CODE_FAULTS, "refuse-event": self._refuse_event}

    def controls(self) -> dict[tuple[str, str], Control]:
        """The token, for a forwarder in another process."""
        return {
            **super().controls(),
            ("POST", "token/disable"): lambda _: self.disable_token(),
            ("POST", "token/enable"): lambda _: self.disable_token(False),
        }

    def disable_token(self, disabled: bool = True) -> None:
        """Switch the token off (403, code 1) or on again."""
        self.token_disabled = disabled

    def serve(self, request: Request) -> Answer:
        """Route by path, as Splunk does before it looks at the token."""
        if request.path in _HEALTH_PATHS:
            return hec_answer(17)
        if request.path in _ACK_PATHS and request.method == "POST":
            refusal = self._refuse_token(request)
            return hec_answer(refusal) if refusal else self._answer_acks(request)
        if request.path not in _EVENT_PATHS:
            return json_answer(404, {"text": "The requested URL was not found on this server.", "code": 404})
        if request.method != "POST":
            return json_answer(405, {"text": "Method Not Allowed", "code": 405})
        refusal = self._refuse_token(request)
        return hec_answer(refusal) if refusal else self._take(request)

    def _refuse_token(self, request: Request) -> int:
        if "authorization" not in request.headers:
            token = dict(request.query).get("token")
            return 2 if token is None else (16 if token == self.token else 4)
        scheme, _, value = request.headers["authorization"].partition(" ")
        token = _token(scheme, value)
        if token is None:
            return 3
        if token != self.token:
            return 4
        return 1 if self.token_disabled else 0

    def _take(self, request: Request) -> Answer:
        if len(request.body) > self.max_bytes:
            return html_answer(413, "Request Entity Too Large")
        try:
            raw = plain_body(request)
        except BadEncodingError as bad:
            return hec_answer(6) if bad.encoding == "gzip" else html_answer(415, "Unsupported Media Type")
        if not raw.strip():
            return hec_answer(5)
        if (code := self._refuse_channel(request)) is not None:
            return hec_answer(code)
        return self._store(request, poisoned(read_body(raw, self.indexes), self._poison), len(raw))

    def _store(self, request: Request, batch: HecBatch, size: int) -> Answer:
        uids = [uid_of(envelope["event"]) for envelope in batch.envelopes]
        self.delivered.store(uids, batch.envelopes, size)
        if batch.code:
            return hec_answer(batch.code, len(uids) if self._poison.get("numbered", True) else None)
        if self.acks is None:
            return hec_answer(0)
        return hec_answer(0, ackId=self.acks.give(channel_of(request) or ""))

    def _refuse_channel(self, request: Request) -> int | None:
        if self.acks is None:
            return None
        channel = channel_of(request)
        return 10 if channel is None else (None if is_channel(channel) else 11)

    def _answer_acks(self, request: Request) -> Answer:
        if self.acks is None:
            return hec_answer(14)
        if (code := self._refuse_channel(request)) is not None:
            return hec_answer(code)
        asked = orjson.loads(request.body)["acks"]
        return json_answer(200, {"acks": self.acks.take(channel_of(request) or "", asked)})

    def _refuse_event(self, fault: Fault, request: Request, serve: Serve) -> Answer:
        """Refuse one event (settings: see `poisoned`); those before it are taken when `numbered`."""
        self._poison = fault.settings
        try:
            return serve()
        finally:
            self._poison = {}


def _token(scheme: str, value: str) -> str | None:
    """The token of an `Authorization` header; `None` for a scheme that HEC does not know."""
    if scheme == "Splunk":
        return value.strip()
    if scheme != "Basic":
        return None
    try:
        return base64.b64decode(value, validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return None
