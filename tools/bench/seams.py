"""The stages of the forwarder, as the functions that the stopwatch wraps.

The time of a stage excludes the time of nested stages.
"""

from typing import NamedTuple


class Seam(NamedTuple):
    """A function, as module and qualified name, and its stage."""

    stage: str
    module: str
    name: str


SEAMS = (
    Seam("read pages over HTTP", "forwarder.anthropic.client", "Client.get"),
    Seam("parse", "forwarder.anthropic.activity_feed", "parse_page"),
    Seam("admit: ids and times", "forwarder.sources.activities", "ActivitiesSource._new_of"),
    Seam("known ids", "forwarder.store.sqlite.owner", "SqliteStore.known"),
    Seam("normalize to OCSF", "forwarder.pipeline.flow", "_normalized"),
    Seam("pack", "forwarder.pipeline.flow", "page_of"),
    Seam("gzip for the store", "forwarder.store.chunk", "Chunk.sealed"),
    Seam("commit", "forwarder.store.sqlite.owner", "SqliteStore.commit"),
    Seam("claim and settle", "forwarder.store.sqlite.owner", "SqliteStore.claim"),
    Seam("claim and settle", "forwarder.store.sqlite.owner", "SqliteStore.settle"),
    Seam("envelope", "forwarder.sinks.splunk.sink", "envelopes"),
    Seam("gzip for the sink", "forwarder.sinks.splunk.sink", "compress"),
    Seam("send over HTTP", "forwarder.sinks.splunk.sink", "SplunkSink._post"),
    Seam("collector's thread", "forwarder.pipeline.collector", "SourceCollector.run"),
    Seam("senders' threads", "forwarder.pipeline.sender", "Sender.run"),
)
GARBAGE = "garbage collector"
REST = "start, supervision, exit"
STAGES = (*dict.fromkeys(seam.stage for seam in SEAMS), GARBAGE, REST)
