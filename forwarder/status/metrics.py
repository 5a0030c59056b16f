"""The Prometheus metrics: the only place where each is named and described."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_LATENESS = (60, 300, 600, 3600, 21_600, 86_400, 259_200)


class Metrics:
    """All metrics in a registry of their own, so that two services in one process do not share them."""

    def __init__(self) -> None:
        registry = self._registry = CollectorRegistry()
        self.read = Counter(
            "forwarder_read_records", "Source records read, new or already known", ["source"], registry=registry
        )
        self.events = Counter("forwarder_events", "New events stored", ["source", "stream"], registry=registry)
        self.unmapped = Counter(
            "forwarder_unmapped",
            "Events of activity types that the catalogue does not know",
            ["type"],
            registry=registry,
        )
        self.partial = Counter(
            "forwarder_partial",
            "Events of known activity types with unknown fields or values",
            ["type"],
            registry=registry,
        )
        self.late = Histogram(
            "forwarder_late_find_seconds",
            "How late records appeared that were found behind the watermark",
            ["source"],
            buckets=_LATENESS,
            registry=registry,
        )
        self.refused_records = Counter(
            "forwarder_refused_records", "Records and events refused", ["by", "reason"], registry=registry
        )
        self.delivered = Counter(
            "forwarder_delivered_events", "Events confirmed by the sink", ["sink"], registry=registry
        )
        self.unacknowledged = Counter(
            "forwarder_unacknowledged_events", "Events sent twice and never acknowledged", ["sink"], registry=registry
        )
        self.sent = Counter(
            "forwarder_sent_bytes", "Compressed bytes of confirmed requests", ["sink"], registry=registry
        )
        self.failures = Counter(
            "forwarder_failures", "Failed reads and deliveries", ["subject", "kind"], registry=registry
        )
        self.backlog = Gauge(
            "forwarder_backlog_events", "Events stored and not yet confirmed by the sink", ["sink"], registry=registry
        )
        self.lag = Gauge(
            "forwarder_lag_seconds", "Current time minus the watermark of the source", ["source"], registry=registry
        )
        self.skew = Gauge(
            "forwarder_clock_skew_seconds", "Clock of the source minus the local clock", ["source"], registry=registry
        )
        self.store_bytes = Gauge("forwarder_store_bytes", "Bytes of undelivered chunks in the store", registry=registry)
        self.dead_letters = Gauge(
            "forwarder_dead_letters", "Dead letters in the store", ["source", "by"], registry=registry
        )
        self.red = Gauge("forwarder_red", "Conditions that make the forwarder red (not ready)", registry=registry)

    def text(self) -> bytes:
        """All metrics in the Prometheus text format."""
        return generate_latest(self._registry)
