"""The indexes of the streams: are they there, and making them.

Source: Splunk Enterprise REST API Reference, *data/indexes* (GET lists, POST with `name` makes one).
"""

from collections.abc import Collection, Iterable, Iterator, Mapping

from forwarder.records import STREAMS, Stream
from forwarder.siem.findings import Finding, doubtful, fine, wrong
from forwarder.sinks.splunk import SplunkSettings
from forwarder.splunkd.connection import Splunkd
from forwarder.splunkd.content import is_on
from forwarder.splunkd.server import Server


def wanted(settings: SplunkSettings) -> dict[str, list[Stream]]:
    """The indexes that the sink writes to, and the streams of each."""
    found: dict[str, list[Stream]] = {}
    for stream in STREAMS:
        found.setdefault(settings.index_of(stream), []).append(stream)
    return found


def ask_indexes(splunkd: Splunkd) -> dict[str, bool]:
    """Every index that the user may see, and whether it is enabled."""
    with splunkd.asked("data/indexes"):
        return {index.name: not is_on(index.content.get("disabled")) for index in splunkd.service.indexes.list()}


def judge_indexes(server: Server, there: Mapping[str, bool], settings: SplunkSettings) -> Iterator[Finding]:
    """A finding for each index that the sink writes to."""
    for name, streams in wanted(settings).items():
        subject = f"index {name}"
        if lacking(server, there, [name]):
            yield wrong(subject, f"is not there; `claude-siem splunk install` makes it ({', '.join(streams)})")
        elif name not in there:
            yield doubtful(subject, f"is not known here, but {server.elsewhere}: see that every indexer has it")
        elif not there[name]:
            yield wrong(subject, "is disabled; enable it in Splunk (Settings > Indexes)")
        else:
            yield fine(subject, f"is there, for {', '.join(streams)}")


def lacking(server: Server, there: Collection[str], names: Iterable[str]) -> list[str]:
    """Those of `names` that are surely not there: a host that does not index need not know them."""
    return [name for name in names if name not in there and (server.cloud or server.indexes)]


def make_index(splunkd: Splunkd, name: str) -> None:
    """Make an index of events with Splunk's own defaults. Raises as `Splunkd.asked`."""
    with splunkd.asked(f"making index {name}"):
        splunkd.service.indexes.create(name, datatype="event")
