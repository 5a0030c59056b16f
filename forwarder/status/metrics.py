"""Prometheus metrics, each named and described once."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_LATENESS = (60, 300, 600, 3600, 21_600, 86_400, 259_200)


class Metrics:
    """One registry a process part, so that tests and demos do not share figures."""

    def __init__(self) -> None:
        registry = self._registry = CollectorRegistry()
        self.read = Counter("forwarder_read_records", "Objects read, new or not", ["source"], registry=registry)
        self.events = Counter("forwarder_events", "New events committed", ["source", "stream"], registry=registry)
        self.unmapped = Counter("forwarder_unmapped", "Events of types unknown here", ["type"], registry=registry)
        self.partial = Counter("forwarder_partial", "Events with unknown parts", ["type"], registry=registry)
        self.late = Histogram(
            "forwarder_late_find_seconds",
            "How late rows came that were found behind the watermark",
            ["source"],
            buckets=_LATENESS,
            registry=registry,
        )
        self.refused_records = Counter("forwarder_refused_records", "Dead letters", ["by", "reason"], registry=registry)
        self.delivered = Counter("forwarder_delivered_events", "Events confirmed", ["sink"], registry=registry)
        self.unacknowledged = Counter(
            "forwarder_unacknowledged_events", "Taken twice, never acknowledged, given up", ["sink"], registry=registry
        )
        self.sent = Counter(
            "forwarder_sent_bytes", "Bytes of confirmed bodies on the wire", ["sink"], registry=registry
        )
        self.failures = Counter("forwarder_failures", "Failed reads and sends", ["subject", "kind"], registry=registry)
        self.backlog = Gauge("forwarder_backlog_events", "Events that wait", ["sink"], registry=registry)
        self.lag = Gauge("forwarder_lag_seconds", "Now minus watermark", ["source"], registry=registry)
        self.skew = Gauge("forwarder_clock_skew_seconds", "Source's time minus ours", ["source"], registry=registry)
        self.store_bytes = Gauge("forwarder_store_bytes", "Bytes that wait in the store", registry=registry)
        self.dead_letters = Gauge("forwarder_dead_letters", "Dead letters kept", ["source", "by"], registry=registry)
        self.red = Gauge("forwarder_red", "Conditions that make the forwarder red", registry=registry)

    def text(self) -> bytes:
        """The exposition format."""
        return generate_latest(self._registry)
