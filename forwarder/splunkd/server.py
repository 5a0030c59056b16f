"""Which Splunk answers: version, Enterprise or Cloud, and what the host does in its deployment.

Source: Splunk Enterprise REST API Reference, *server/info* (`version`, `instance_type`, `server_roles`).
"""

from typing import NamedTuple

from forwarder.siem.findings import Finding, doubtful, fine, wrong
from forwarder.splunkd.connection import Splunkd
from forwarder.splunkd.content import texts

OLDEST, NEWEST = (9, 1), (10,)
"""Versions whose documentation this product was written by; `search/v2/parser` came with 9.0.2."""
SUPPORTED = "9.1 to 10.x"


class Server(NamedTuple):
    """What `server/info` says."""

    name: str
    version: str
    cloud: bool
    roles: tuple[str, ...]
    """Such as `indexer` and `search_head`; one host alone has both or the first."""

    @property
    def numbers(self) -> tuple[int, ...]:
        """The version, to be compared."""
        return tuple(int(part) for part in self.version.split(".") if part.isdigit())

    @property
    def indexes(self) -> bool:
        """Whether indexes and HEC are this host's own affair, and not that of other hosts."""
        return not self.cloud and "indexer" in self.roles

    @property
    def elsewhere(self) -> str:
        """Why what concerns indexing cannot be told or made here."""
        if self.cloud:
            return "Splunk Cloud"
        return f"this host is no indexer (its roles: {', '.join(self.roles) or 'none'})"


def ask_server(splunkd: Splunkd) -> Server:
    """One request, which needs no right beyond the sign-in."""
    with splunkd.asked("server/info"):
        told = splunkd.service.info
    return Server(
        str(told.get("serverName", "")),
        str(told.get("version", "")),
        str(told.get("instance_type", "")).lower() == "cloud",
        texts(told, "server_roles"),
    )


def judge_server(server: Server) -> Finding:
    """Whether the version is one that this product was written for."""
    kind = "Splunk Cloud" if server.cloud else "Splunk Enterprise"
    told = f"{kind} {server.version} on {server.name}; supported: {SUPPORTED}"
    if server.numbers < OLDEST:
        return wrong("splunkd", f"{told}: update Splunk")
    if server.numbers[:1] > NEWEST:
        return doubtful("splunkd", f"{told}: newer than what was read for it")
    return fine("splunkd", told)
