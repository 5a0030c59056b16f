"""The faults of the simulated servers (see `forwarder.simulator.faults`)."""

from collections.abc import Mapping
from typing import Any

from tests.faults.test_sink_outages import INGESTION

HEC_EVENTS = "/services/collector/event"
FAULTS: Mapping[str, tuple[Mapping[str, Any], ...]] = {
    "feed": (
        {"name": "rate-limited", "retry_after": 1},
        {"name": "server-error", "times": 2},
        {"name": "overloaded"},
        {"name": "connection-reset"},
        {"name": "answer-lost"},
        {"name": "truncated-body"},
        {"name": "garbage-body"},
        {"name": "cursor-expired"},
        {"name": "wrong-date", "by": 86_400, "times": 2},
        {"name": "wrong-date", "by": -600, "times": 2},
        {"name": "wrong-date", "by": 86_400, "status": 502, "times": 2},
        {"name": "deep-page", "rows": 200, "status": 504, "times": 6},
        {"name": "deep-page", "rows": 200, "status": 400, "times": 2},
        {"name": "endless-pages", "period": 2, "times": 4},
        {"name": "next-page-only", "times": 3},
        {"name": "slow", "delay": 0.3, "times": 3},
    ),
    "splunk": (
        {"name": "busy", "times": 3},
        {"name": "at-capacity", "retry_after": 1},
        {"name": "near-capacity", "times": 3},
        {"name": "connection-reset", "times": 2},
        {"name": "proxy-too-large", "times": 2},
        {"name": "proxy-bad-gateway"},
        {"name": "slow", "delay": 0.3, "times": 4},
        {"name": "answer-lost"},
        {"name": "truncated-body"},
    ),
    "sentinel": (
        {"name": "throttled", "retry_after": 1},
        {"name": "unavailable", "times": 3},
        {"name": "server-error", "times": 2},
        {"name": "connection-reset", "times": 2},
        {"name": "too-large", "times": 2},
        {"name": "slow", "delay": 0.3, "times": 4},
        {"name": "token-expired"},
        {"name": "answer-lost"},
    ),
}
"""Faults by server. None of them looks like a misconfiguration, and none refuses a particular event."""

PATHS: Mapping[str, str] = {"feed": "", "splunk": HEC_EVENTS, "sentinel": INGESTION}
"""The requests that faults apply to: those with events."""
