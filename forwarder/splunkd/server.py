"""The Splunk host: version, Enterprise or Cloud, its part in the deployment, and the indexes of the streams.

Source: Splunk Enterprise REST API Reference, *server/info* (`version`, `instance_type`, `server_roles`), *data/indexes*
(GET lists, POST with `name` creates one).
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

from forwarder.records import STREAMS, Stream
from forwarder.siem.check import SiemFinding, failure, ok, warning
from forwarder.sinks.splunk import SplunkSettings
from forwarder.splunkd.connection import Splunkd, is_on, texts

OLDEST, NEWEST = (9, 1), (10,)
"""Versions whose documentation this product follows; `search/v2/parser` came with 9.0.2."""
SUPPORTED = "9.1 to 10.x"


class SplunkServer(NamedTuple):
    """One host by `server/info`."""

    name: str
    version: str
    cloud: bool
    roles: tuple[str, ...]
    """Such as `indexer` and `search_head`; one host alone has both or the first."""

    @property
    def numbers(self) -> tuple[int, ...]:
        """The version for comparisons."""
        return tuple(int(part) for part in self.version.split(".") if part.isdigit())

    @property
    def indexes(self) -> bool:
        """Whether indexes and HEC are managed on this host."""
        return not self.cloud and "indexer" in self.roles

    @property
    def indexed_elsewhere(self) -> str:
        """The reason why indexes cannot be checked or created on this host."""
        if self.cloud:
            return "Splunk Cloud"
        return f"this host is not an indexer (its roles: {', '.join(self.roles) or 'none'})"


def read_server(splunkd: Splunkd) -> SplunkServer:
    """One request, which needs no capability."""
    with splunkd.request("server/info"):
        info = splunkd.service.info
    return SplunkServer(
        str(info.get("serverName", "")),
        str(info.get("version", "")),
        str(info.get("instance_type", "")).lower() == "cloud",
        texts(info, "server_roles"),
    )


def check_server(server: SplunkServer) -> SiemFinding:
    """Whether the version is supported."""
    kind = "Splunk Cloud" if server.cloud else "Splunk Enterprise"
    text = f"{kind} {server.version} on {server.name}; supported: {SUPPORTED}"
    if server.numbers < OLDEST:
        return failure("splunkd", f"{text}: update Splunk")
    if server.numbers[:1] > NEWEST:
        return warning("splunkd", f"{text}: newer than the supported versions")
    return ok("splunkd", text)


def sink_indexes(settings: SplunkSettings) -> dict[str, list[Stream]]:
    """The indexes that the sink writes to, and the streams of each."""
    found: dict[str, list[Stream]] = {}
    for stream in STREAMS:
        found.setdefault(settings.index_of(stream), []).append(stream)
    return found


def read_indexes(splunkd: Splunkd) -> dict[str, bool]:
    """Every index that the user may see, and whether it is enabled."""
    with splunkd.request("data/indexes"):
        return {index.name: not is_on(index.content.get("disabled")) for index in splunkd.service.indexes.list()}


def check_indexes(
    server: SplunkServer, existing: Mapping[str, bool], settings: SplunkSettings
) -> Iterator[SiemFinding]:
    """A finding for each index that the sink writes to."""
    for name, streams in sink_indexes(settings).items():
        subject = f"index {name}"
        if missing_indexes(server, existing, [name]):
            yield failure(subject, f"does not exist; `claude-siem splunk install` creates it ({', '.join(streams)})")
        elif name not in existing:
            yield warning(subject, f"is unknown here, but {server.indexed_elsewhere}: check that every indexer has it")
        elif not existing[name]:
            yield failure(subject, "is disabled; enable it in Splunk (Settings > Indexes)")
        else:
            yield ok(subject, f"exists, for {', '.join(streams)}")


def missing_indexes(server: SplunkServer, existing: Collection[str], names: Iterable[str]) -> list[str]:
    """Those of `names` that certainly do not exist: a host that does not index need not have them."""
    return [name for name in names if name not in existing and (server.cloud or server.indexes)]


def create_index(splunkd: Splunkd, name: str) -> None:
    """Create an event index with Splunk's own defaults. Raises as `Splunkd.request`."""
    with splunkd.request(f"creating index {name}"):
        splunkd.service.indexes.create(name, datatype="event")
