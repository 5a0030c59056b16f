"""The forwarder's own figures: for the status page, the gauges, and its health events, which take the ordinary
way through the store to every sink.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from forwarder import __version__
from forwarder.identity import event_uid, namespace
from forwarder.ocsf.health import Kind, health_event
from forwarder.pipeline.clock import Clock
from forwarder.pipeline.collector import Collector
from forwarder.pipeline.sender import Sender
from forwarder.records import Receipt
from forwarder.sinks import ChainedSink
from forwarder.status import Conditions, Metrics
from forwarder.store import PageCommit, SqliteStore, pack
from forwarder.store.chunk import Packed

if TYPE_CHECKING:
    from forwarder.pipeline.receiver import Receiver

SOURCE = "forwarder"
_SPACE = namespace("forwarder-health")


class Report:
    """Reads figures where they arise."""

    def __init__(
        self,
        store: SqliteStore,
        collectors: Sequence[Collector],
        senders: Sequence[Sender],
        receiver: "Receiver | None",
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

    def figures(self) -> dict[str, Any]:
        """Everything that is counted, by source and sink; the gauges follow."""
        red = self._conditions.red()
        sources, sinks, dead_letters = self._of_sources(), self._of_sinks(), self._letters()
        figures = {
            "version": __version__,
            "red": red,
            "store_bytes": self._store.bytes_waiting,
            "totals": _totals(sources, sinks, dead_letters),
            "sources": sources,
            "sinks": sinks,
            "dead_letters": dead_letters,
        }
        self._metrics.red.set(len(red))
        self._metrics.store_bytes.set(self._store.bytes_waiting)
        return figures

    def commit_health(self, kind: Kind) -> None:
        """Put a health event into the store, for every sink."""
        now_us = self._now_us()
        uid = event_uid(_SPACE, f"{self._store.instance}#{kind}#{now_us}")
        receipt = Receipt(now_us // 1000, self._store.instance)
        event = health_event(kind, self.figures(), now_us // 1000, uid, receipt)
        chunks = tuple(pack(SOURCE, [Packed(event, now_us, None)]))
        self._store.commit(PageCommit(SOURCE, chunks), now_us)

    def _of_sources(self) -> dict[str, Any]:
        figures = {collector.source.name: self._of_source(collector) for collector in self._collectors}
        return figures | ({self._receiver.name: self._receiver.figures()} if self._receiver else {})

    def _of_source(self, collector: Collector) -> dict[str, Any]:
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
            **collector.unmapped_types.figures(),
        }

    def _of_sinks(self) -> dict[str, Any]:
        backlog = self._store.backlog()
        figures: dict[str, Any] = {}
        for sender in self._senders:
            name, sink = sender.sink.name, sender.sink
            head = sink.chain_head() if isinstance(sink, ChainedSink) else None
            self._metrics.backlog.labels(name).set(backlog[name])
            figures[name] = {"delivered": sender.delivered, "backlog": backlog[name]}
            if head:
                figures[name]["archive_head"] = head
        return figures

    def _letters(self) -> dict[str, int]:
        dead_letters: dict[str, int] = {}
        for (source, refused_by, _), count in self._store.count_dead_letters().items():
            name = f"{source}/{refused_by}"
            dead_letters[name] = dead_letters.get(name, 0) + count
            self._metrics.dead_letters.labels(source, refused_by).set(dead_letters[name])
        return dead_letters


def _totals(
    sources: Mapping[str, Mapping[str, Any]], sinks: Mapping[str, Mapping[str, Any]], dead_letters: Mapping[str, int]
) -> dict[str, Any]:
    """What rules look at, under names that no configuration changes: the worst lag and backlog, the sum of the rest."""
    lags = [told["lag_seconds"] for told in sources.values() if told.get("lag_seconds") is not None]
    return {
        "lag_seconds": max(lags, default=None),
        "late_finds": sum(told.get("late_finds", 0) for told in sources.values()),
        "beyond_overlap": sum(told.get("beyond_overlap", 0) for told in sources.values()),
        "backlog": max((told["backlog"] for told in sinks.values()), default=0),
        "dead_letters": sum(dead_letters.values()),
    }
