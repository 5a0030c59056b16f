"""Health, readiness, metrics and the page, over real HTTP."""

import base64
import hashlib
import re
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import asdict, replace
from itertools import islice
from typing import Any

import httpx
import pytest

from forwarder.errors import Misconfigured
from forwarder.http_server import HttpLimits
from forwarder.status import Conditions, Metrics, StatusServer
from forwarder.status.server import LIMITS
from tests.http_server.world import drip, raw, until_closed

FIGURES: dict[str, Any] = {
    "version": "1",
    "sources": {"activities": {"records": 5, "lag_seconds": None}},
    "sinks": {"<script>alert(1)</script>": {"delivered": "<b>&"}},
}


class World:
    """A status server and what it shows."""

    def __init__(self, limits: HttpLimits = LIMITS, **options: Any) -> None:
        self.conditions, self.metrics = Conditions(), Metrics()
        self.asked = 0
        self.shown = dict(FIGURES)
        self.store = threading.Event()
        self.store.set()
        address = ("127.0.0.1", 0)
        self.server = StatusServer(address, self.conditions, self.metrics, self.figures, limits, **options)
        host, port = self.server.address
        self.http = httpx.Client(base_url=f"http://{host}:{port}")

    def figures(self) -> dict[str, Any]:
        """Counted, so that a test sees that gauges are fresh."""
        self.store.wait(10)
        self.asked += 1
        self.metrics.backlog.labels("splunk").set(self.asked)
        return self.shown

    def close(self) -> None:
        """Stop it."""
        self.http.close()
        self.server.close()


@pytest.fixture
def world() -> Iterator[World]:
    """A world, closed afterwards."""
    with serving() as made:
        yield made


@contextmanager
def serving(limits: HttpLimits = LIMITS, **options: Any) -> Iterator[World]:
    """A world with these limits, closed afterwards."""
    made = World(limits, **options)
    try:
        yield made
    finally:
        made.store.set()
        made.close()


def test_a_forwarder_that_is_not_ready_is_still_alive(world: World) -> None:
    world.conditions.report("store", "full")
    assert world.http.get("/healthz").status_code == 200
    assert world.http.get("/readyz").status_code == 503


def test_a_thread_that_is_stuck_is_shown_and_one_that_stalls_the_process_asks_for_a_restart(world: World) -> None:
    world.conditions.report("threads.otlp-decode", "another has taken over")
    shown = world.http.get("/healthz")
    assert (shown.status_code, shown.text) == (200, "alive\nthreads.otlp-decode: another has taken over\n")
    world.conditions.report("threads.otlp-decode", "no other is started", stalled=True)
    shown = world.http.get("/healthz")
    assert (shown.status_code, shown.text) == (503, "stalled\nthreads.otlp-decode: no other is started\n")
    world.conditions.resolve("threads.otlp-decode")
    assert world.http.get("/healthz").text == "alive\n"


def test_readiness_gives_its_reasons(world: World) -> None:
    ready = world.http.get("/readyz")
    assert (ready.status_code, ready.json()) == (200, {"ready": True, "reasons": {}, "warnings": {}})
    world.conditions.report("sinks.splunk.activity", "index claude is refused")
    world.conditions.report("sinks.archive", "down", grace=3600)
    red = world.http.get("/readyz")
    assert red.status_code == 503
    reasons = {"sinks.splunk.activity": "index claude is refused"}
    assert red.json() == {"ready": False, "reasons": reasons, "warnings": {}}


def test_a_yellow_condition_is_shown_everywhere_and_leaves_the_forwarder_ready(world: World) -> None:
    world.conditions.report("sources.otlp.refused", "12 requests refused <b>", severity="yellow")
    ready = world.http.get("/readyz")
    assert ready.status_code == 200
    assert ready.json() == {
        "ready": True,
        "reasons": {},
        "warnings": {"sources.otlp.refused": "12 requests refused <b>"},
    }
    page = world.http.get("/").text
    assert "<span class=yellow>yellow</span>" in page
    assert "12 requests refused &lt;b&gt;" in page
    world.conditions.report("store", "full")
    assert "<span class=red>red</span>" in world.http.get("/").text


NAMES = {
    "forwarder_read_records_total": "counter",
    "forwarder_events_total": "counter",
    "forwarder_unmapped_total": "counter",
    "forwarder_partial_total": "counter",
    "forwarder_late_find_seconds": "histogram",
    "forwarder_refused_records_total": "counter",
    "forwarder_refused_requests_total": "counter",
    "forwarder_delivered_events_total": "counter",
    "forwarder_sent_bytes_total": "counter",
    "forwarder_failures_total": "counter",
    "forwarder_backlog_events": "gauge",
    "forwarder_lag_seconds": "gauge",
    "forwarder_clock_skew_seconds": "gauge",
    "forwarder_store_bytes": "gauge",
    "forwarder_dead_letters": "gauge",
    "forwarder_red": "gauge",
    "forwarder_yellow": "gauge",
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
    for path in ("/healthz", "/readyz", "/metrics", "/"):
        for method in ("POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"):
            refused = world.http.request(method, path)
            assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD")
    assert world.asked == 0


def test_head_gives_the_status_and_headers_without_the_body(world: World) -> None:
    for path in ("/healthz", "/readyz", "/metrics", "/"):
        head, whole = world.http.head(path), world.http.get(path)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-type"] == whole.headers["content-type"]
    world.conditions.report("store", "full")
    assert world.http.head("/readyz").status_code == 503


def test_health_and_readiness_do_not_wait_for_a_page_that_waits_for_the_store(world: World) -> None:
    world.store.clear()
    with ThreadPoolExecutor(2) as pool:
        pages = [pool.submit(httpx.get, world.http.base_url.join(path)) for path in ("/metrics", "/")]
        assert world.http.get("/healthz", timeout=2).status_code == 200
        assert world.http.get("/readyz", timeout=2).status_code == 200
        assert not any(page.done() for page in pages)
        world.store.set()
        assert [page.result().status_code for page in pages] == [200, 200]


def test_a_page_that_cannot_be_made_is_a_500_and_health_goes_on(world: World) -> None:
    world.shown["broken"] = Unprintable()
    assert world.http.get("/").status_code == 500
    assert world.http.get("/healthz").status_code == 200


class Unprintable:
    """A figure that cannot be shown."""

    def __str__(self) -> str:
        raise ValueError("a bug")


# Who may ask, and what a browser may do with the answer


def test_another_name_is_refused_but_for_the_liveness_probe() -> None:
    with serving(allowed_hosts=("Status.example", "forwarder")) as world:
        good = ("status.example", "STATUS.example.:8080", "forwarder:8080", "localhost:1", "127.0.0.1", "[::1]:8080")
        for host in (*good, "10.1.2.3:8080", "[fd00::1]"):  # Kubernetes probes a pod by its address
            assert world.http.get("/readyz", headers={"host": host}).status_code == 200
        for host in ("attacker.example", "localhost.attacker.example", "127.0.0.1.attacker.example", "x.forwarder"):
            for path in ("/", "/readyz", "/metrics", "/config"):
                refused = world.http.get(path, headers={"host": host})
                assert (refused.status_code, "status.allowed_hosts" in refused.text) == (421, True)
            assert world.http.get("/healthz", headers={"host": host}).status_code == 200


def test_no_answer_may_be_framed_sniffed_or_kept(world: World) -> None:
    for path in ("/", "/readyz", "/metrics", "/healthz", "/nowhere"):
        headers = world.http.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["cache-control"] == "no-store"
        assert headers["content-security-policy"].startswith("default-src 'none';")
    style = re.findall("<style>(.*?)</style>", world.http.get("/").text)
    digest = base64.b64encode(hashlib.sha256(style[0].encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in world.http.get("/").headers["content-security-policy"]


# Limits


def test_its_limits_are_no_larger_than_those_of_the_otlp_receiver() -> None:
    """It serves probes and a few people; each connection may be half-open or idle for less time."""
    defaults = asdict(HttpLimits())
    own = asdict(LIMITS)
    assert all(own[name] <= defaults[name] for name in own if name != "in_flight_a_client")
    assert own["in_flight_a_client"] == own["in_flight"] == own["connections"] < 100


def test_half_open_connections_do_not_keep_a_probe_out() -> None:
    with serving(replace(LIMITS, header_seconds=60)) as world:
        half_open = [raw(world.server.address, b"GET /hea") for _ in range(1100)]
        for path in ("/healthz", "/readyz", "/metrics", "/"):
            assert httpx.get(world.http.base_url.join(path), timeout=30).status_code == 200
        for one in half_open:
            one.close()


def test_requests_that_wait_for_the_store_leave_room_for_health(world: World) -> None:
    world.store.clear()
    with ThreadPoolExecutor(20) as pool:
        pages = [pool.submit(httpx.get, world.http.base_url.join("/metrics"), timeout=30) for _ in range(20)]
        refused = list(islice(as_completed(pages), 4))
        assert world.http.get("/healthz", timeout=10).status_code == 200
        world.store.set()
        statuses = [page.result().status_code for page in pages]
    assert [page.result().status_code for page in refused] == [503] * 4
    assert (statuses.count(200), statuses.count(503)) == (16, 4)
    assert world.asked == 1


def test_headers_that_come_byte_by_byte_are_cut_off_while_others_are_served() -> None:
    with serving(HttpLimits(header_seconds=0.3)) as world, ThreadPoolExecutor(5) as pool:
        sent = b"GET /healthz HTTP/1.1\r\nX-Slow: " + b"x" * 500
        slow = [pool.submit(drip, raw(world.server.address), sent, 0.02) for _ in range(5)]
        assert world.http.get("/healthz").status_code == 200
        assert [one.result(timeout=5) for one in slow] == [b""] * 5


def test_connections_beyond_the_limit_are_refused_and_accepted_again_later() -> None:
    with serving(HttpLimits(connections_a_client=3)) as world:
        held = [raw(world.server.address, b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n") for _ in range(3)]
        assert all(one.recv(100).startswith(b"HTTP/1.1 200") for one in held)
        refused = world.http.get("/healthz")
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "5")
        for one in held:
            one.close()
        time.sleep(0.1)
        assert world.http.get("/healthz").status_code == 200


def test_headers_that_are_too_large_are_431(world: World) -> None:
    assert world.http.get("/healthz", headers={"X-Flood": "x" * LIMITS.header_bytes}).status_code == 431
    assert world.http.get(f"/?{'x' * LIMITS.header_bytes}").status_code == 431
    assert world.http.get("/healthz").status_code == 200


def test_a_body_that_is_too_large_or_too_slow_is_refused() -> None:
    with serving(replace(LIMITS, body_seconds=0.3)) as world:
        assert world.http.request("GET", "/healthz", content=b"x" * (LIMITS.body_bytes + 1)).status_code == 413
        slow = raw(world.server.address, b"GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n")
        assert until_closed(slow).startswith(b"HTTP/1.1 408")


def test_an_idle_connection_is_closed() -> None:
    with serving(HttpLimits(idle_seconds=0.2, header_seconds=0.2)) as world:
        assert until_closed(raw(world.server.address)) == b""
        asked = raw(world.server.address, b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert until_closed(asked).endswith(b"alive\n")


def test_an_address_that_is_taken_is_named(world: World) -> None:
    with pytest.raises(Misconfigured, match=r"status\.listen: cannot listen on 127\.0\.0\.1:\d+ "):
        StatusServer(world.server.address, Conditions(), Metrics(), dict)
