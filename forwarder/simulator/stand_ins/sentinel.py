"""Microsoft Sentinel: the Logs Ingestion API of one data collection rule, and its tenant's token endpoint."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from forwarder.simulator.azure_tokens import CLIENT_ID, CLIENT_SECRET, TENANT_ID
from forwarder.simulator.certificates import Certificate
from forwarder.simulator.destination import plain_body
from forwarder.simulator.faults import Effect, Fault, Serve
from forwarder.simulator.http import Answer, Request
from forwarder.simulator.logs_ingestion import MAX_BODY, RULE_ID, LogsIngestionServer, refusal
from forwarder.simulator.stand_ins import HttpStandIn


def _refuse_event(fault: Fault, request: Request, serve: Serve) -> Answer:
    """Refuse a call in which a row holds the text `contains`; Azure does not say which row."""
    if str(fault.settings["contains"]).encode() in plain_body(request):
        return refusal(400, "InvalidPayload", "The payload is refused.")
    return serve()


class _RefusingServer(LogsIngestionServer):
    def effects(self) -> Mapping[str, Effect]:
        """See `LocalServer.effects`."""
        return {**super().effects(), "refuse-event": _refuse_event}


class SentinelStandIn(HttpStandIn):
    """It speaks TLS with a certificate of its own: azure-identity refuses an authority without."""

    server: LogsIngestionServer
    event_path = "/dataCollectionRules/"
    body_limit = MAX_BODY
    names_refused_events = False

    def __init__(self, folder: Path, *, keep_events: bool, certificate: Certificate | None) -> None:
        self.secret_file = folder / "client-secret"
        self.server = _RefusingServer(folder, keep_events=keep_events)

    def settings(self) -> dict[str, Any]:
        """See `StandIn.settings`."""
        return {
            "endpoint": self.server.url,
            "rule_id": RULE_ID,
            "tenant_id": TENANT_ID,
            "client_id": CLIENT_ID,
            "client_secret_file": self.write_secret(CLIENT_SECRET),
            "authority": self.server.url,
            "ca_file": str(self.server.ca_file),
        }

    def events(self) -> Iterator[dict[str, Any]]:
        """See `StandIn.events`; the promoted columns stand beside the event's attributes."""
        return self.server.delivered.read()


STAND_IN = SentinelStandIn
