"""The forwarder's own statistics: for the status page, the gauges, and its health events.

Health events go through the store to every sink, as all events do.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from forwarder import __version__
from forwarder.ocsf.health import HealthEventKind, health_event
from forwarder.pipeline.collector import SourceCollector
from forwarder.pipeline.sender import Sender
from forwarder.pipeline.timing import Clock
from forwarder.records import Receipt, event_uid, namespace
from forwarder.sinks import ChainedSink
from forwarder.sinks.base import UNACKNOWLEDGED
from forwarder.status import Conditions, Metrics
from forwarder.store import Packed, PageCommit, Store, pack

if TYPE_CHECKING:
    from forwarder.pipeline.receiver import OtlpReceiver

SOURCE = "forwarder"
_NAMESPACE = namespace("forwarder-health")


class StatusReport:
    """Collects the statistics of every part."""

    def __init__(
        self,
        store: Store,
        collectors: Sequence[SourceCollector],
        senders: Sequence[Sender],
        receiver: "OtlpReceiver | None",
        conditions: Conditions,
        metrics: Metrics,
        now_us: Clock,
    ) -> None:
        self._store = store
        self._collectors = collectors
        self._senders = senders
        self._receiver = receiver
        self._conditions = conditions
        self._metrics = metrics
        self._now_us = now_us

    def statistics(self) -> dict[str, Any]:
        """All counters by source and sink. Also updates the gauges."""
        red, yellow = self._conditions.red(), self._conditions.yellow()
        sources, sinks, dead_letters = self._of_sources(), self._of_sinks(), self._dead_letters()
        self._metrics.red.set(len(red))
        self._metrics.yellow.set(len(yellow))
        self._metrics.store_bytes.set(self._store.bytes_waiting)
        return {
            "version": __version__,
            "red": red,
            "yellow": yellow,
            "store_bytes": self._store.bytes_waiting,
            "totals": _totals(sources, sinks, dead_letters),
            "sources": sources,
            "sinks": sinks,
            "dead_letters": dead_letters,
        }

    def commit_health(self, kind: HealthEventKind) -> None:
        """Store a health event for every sink. Raises `StoreUnavailable`."""
        now_us = self._now_us()
        uid = event_uid(_NAMESPACE, f"{self._store.instance}#{kind}#{now_us}")
        receipt = Receipt(now_us // 1000, self._store.instance)
        event = health_event(kind, self.statistics(), now_us // 1000, uid, receipt)
        chunks = tuple(pack(SOURCE, [Packed(event, now_us, None)]))
        self._store.commit(PageCommit(SOURCE, chunks), now_us)

    def _of_sources(self) -> dict[str, Any]:
        sources = {collector.source.name: self._of_source(collector) for collector in self._collectors}
        return sources | ({self._receiver.name: self._receiver.statistics()} if self._receiver else {})

    def _of_source(self, collector: SourceCollector) -> dict[str, Any]:
        source = collector.source
        checkpoint = self._store.checkpoint(source.name)
        lag = (source.now_us() - checkpoint.watermark_us) / 1e6 if checkpoint else None
        if lag is not None:
            self._metrics.lag.labels(source.name).set(lag)
        self._metrics.skew.labels(source.name).set(source.skew())
        return {
            "records": collector.records,
            "late_finds": collector.late_finds,
            "beyond_overlap": collector.beyond_overlap,
            "lag_seconds": lag,
            "clock_skew_seconds": round(source.skew(), 1),
            **collector.unmapped_types.statistics(),
        }

    def _of_sinks(self) -> dict[str, Any]:
        backlog, kept = self._store.backlog(), self._store.count_dead_letters().items()
        sinks: dict[str, Any] = {}
        for sender in self._senders:
            name, sink = sender.sink.name, sender.sink
            head = sink.chain_head() if isinstance(sink, ChainedSink) else None
            self._metrics.backlog.labels(name).set(backlog[name])
            unacknowledged = sum(n for (_, by, reason), n in kept if (by, reason) == (name, UNACKNOWLEDGED))
            sinks[name] = {"delivered": sender.delivered, "backlog": backlog[name], "unacknowledged": unacknowledged}
            if head:
                sinks[name]["archive_head"] = head
        return sinks

    def _dead_letters(self) -> dict[str, int]:
        dead_letters: dict[str, int] = {}
        for (source, refused_by, _), count in self._store.count_dead_letters().items():
            name = f"{source}/{refused_by}"
            dead_letters[name] = dead_letters.get(name, 0) + count
            self._metrics.dead_letters.labels(source, refused_by).set(dead_letters[name])
        return dead_letters


def _totals(
    sources: Mapping[str, Mapping[str, Any]], sinks: Mapping[str, Mapping[str, Any]], dead_letters: Mapping[str, int]
) -> dict[str, Any]:
    """The totals that rules read, under names that do not depend on the configuration.

    The highest lag and backlog; the sum of everything else.
    """
    lags = [source["lag_seconds"] for source in sources.values() if source.get("lag_seconds") is not None]
    return {
        "lag_seconds": max(lags, default=None),
        "late_finds": sum(source.get("late_finds", 0) for source in sources.values()),
        "beyond_overlap": sum(source.get("beyond_overlap", 0) for source in sources.values()),
        "backlog": max((sink["backlog"] for sink in sinks.values()), default=0),
        "dead_letters": sum(dead_letters.values()),
        "unacknowledged": sum(sink["unacknowledged"] for sink in sinks.values()),
    }
