"""Splunk: a HTTP Event Collector with one token."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from forwarder.simulator.certificates import Certificate
from forwarder.simulator.hec import HEC_TOKEN, HecServer
from forwarder.simulator.stand_ins import HttpStandIn


class SplunkStandIn(HttpStandIn):
    """Its limit is that of Splunk Cloud (help.splunk.com, HTTP Event Collector: 1 MB a request)."""

    server: HecServer
    event_path = "/services/collector/event"
    body_limit = 1_000_000
    names_refused_events = True

    def __init__(self, folder: Path, *, keep_events: bool, certificate: Certificate | None) -> None:
        self.secret_file = folder / "hec-token"
        self.server = HecServer(keep_events=keep_events, tls=certificate and certificate.context())
        self._trust = {"ca_file": str(certificate.ca)} if certificate else {}

    def settings(self) -> dict[str, Any]:
        """See `StandIn.settings`."""
        return {"url": self.server.url, "token_file": self.write_secret(HEC_TOKEN), **self._trust}

    def events(self) -> Iterator[dict[str, Any]]:
        """See `StandIn.events`."""
        return (envelope["event"] for envelope in self.server.delivered.read())


STAND_IN = SplunkStandIn
