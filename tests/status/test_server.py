"""Health, readiness, metrics and the page, over real HTTP."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from forwarder.errors import Misconfigured
from forwarder.status import Conditions, Metrics, StatusServer

FIGURES: dict[str, Any] = {
    "version": "1",
    "sources": {"activities": {"records": 5, "lag_seconds": None}},
    "sinks": {"<script>alert(1)</script>": {"delivered": "<b>&"}},
}


class World:
    """A status server and what it tells."""

    def __init__(self) -> None:
        self.conditions, self.metrics = Conditions(), Metrics()
        self.asked = 0
        self.server = StatusServer(("127.0.0.1", 0), self.conditions, self.metrics, self.figures)
        host, port = self.server.address
        self.http = httpx.Client(base_url=f"http://{host}:{port}")

    def figures(self) -> dict[str, Any]:
        """Counted, so that a test sees that gauges are fresh."""
        self.asked += 1
        self.metrics.backlog.labels("splunk").set(self.asked)
        return FIGURES

    def close(self) -> None:
        """Stop it."""
        self.http.close()
        self.server.close()


@pytest.fixture
def world() -> Iterator[World]:
    """A world, closed afterwards."""
    made = World()
    yield made
    made.close()


def test_alive_says_nothing_of_ready(world: World) -> None:
    world.conditions.report("store", "full")
    assert world.http.get("/healthz").status_code == 200
    assert world.http.get("/readyz").status_code == 503


def test_readiness_gives_its_reasons(world: World) -> None:
    ready = world.http.get("/readyz")
    assert (ready.status_code, ready.json()) == (200, {"ready": True, "reasons": {}})
    world.conditions.report("sinks.splunk.activity", "index claude is refused")
    world.conditions.report("sinks.archive", "down", grace=3600)
    red = world.http.get("/readyz")
    assert red.status_code == 503
    assert red.json() == {"ready": False, "reasons": {"sinks.splunk.activity": "index claude is refused"}}


NAMES = {
    "forwarder_read_records_total": "counter",
    "forwarder_events_total": "counter",
    "forwarder_unmapped_total": "counter",
    "forwarder_partial_total": "counter",
    "forwarder_late_find_seconds": "histogram",
    "forwarder_refused_records_total": "counter",
    "forwarder_delivered_events_total": "counter",
    "forwarder_sent_bytes_total": "counter",
    "forwarder_failures_total": "counter",
    "forwarder_backlog_events": "gauge",
    "forwarder_lag_seconds": "gauge",
    "forwarder_clock_skew_seconds": "gauge",
    "forwarder_store_bytes": "gauge",
    "forwarder_dead_letters": "gauge",
    "forwarder_red": "gauge",
}
"""Dashboards and alerts of users stand on these names."""


def test_metrics_have_their_names_and_fresh_gauges(world: World) -> None:
    for expected in (1, 2):
        answer = world.http.get("/metrics")
        assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
        assert f'forwarder_backlog_events{{sink="splunk"}} {expected}.0' in answer.text
    types = dict(line.split()[2:4] for line in answer.text.splitlines() if line.startswith("# TYPE "))
    for name, kind in NAMES.items():
        assert types[name] == kind


def test_the_page_shows_state_and_figures_and_escapes_what_it_shows(world: World) -> None:
    page = world.http.get("/")
    assert page.headers["content-type"].startswith("text/html")
    assert "<span class=ready>ready</span>" in page.text
    world.conditions.report("sinks.<img src=x>", "<script>steal()</script>")
    page = world.http.get("/")
    assert "<span class=red>red</span>" in page.text
    assert "sources.activities.records" in page.text
    assert "<script" not in page.text
    assert "<img" not in page.text
    assert "&lt;script&gt;steal()&lt;/script&gt;" in page.text


def test_other_paths_and_methods_are_refused(world: World) -> None:
    assert world.http.get("/config").status_code == 404
    assert world.http.post("/readyz").status_code == 405


def test_an_address_that_is_taken_is_named(world: World) -> None:
    with pytest.raises(Misconfigured, match=r"status\.listen: 127\.0\.0\.1:\d+ cannot be listened on"):
        StatusServer(world.server.address, Conditions(), Metrics(), dict)
