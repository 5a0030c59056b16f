"""A whole stage on loopback: the feed, both receivers, and the settings file that a forwarder needs to join in."""

from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

import yaml

from forwarder.simulator.admin import ConsoleOrganization
from forwarder.simulator.azure_tokens import CLIENT_ID, CLIENT_SECRET, TENANT_ID
from forwarder.simulator.certificates import Certificate
from forwarder.simulator.clock import SimulatedClock
from forwarder.simulator.feed import FeedServer
from forwarder.simulator.hec import HEC_TOKEN, HecServer
from forwarder.simulator.keys import ADMIN_KEY, COMPLIANCE_KEY
from forwarder.simulator.logs_ingestion import RULE_ID, LogsIngestionServer
from forwarder.simulator.scenarios.issue import Issue

SINKS = ("splunk", "sentinel", "archive")


class Stage:
    """Starts and stops the three servers together. Files (certificates, secrets, settings) go to `folder`.

    `certificate`: what feed and HEC show, which then speak TLS as the third always does. `organization`: what the
    Admin API shows; `company(name, clock=clock, …)` gives that of a scenario.
    """

    def __init__(
        self,
        folder: Path,
        issues: Iterable[Issue],
        *,
        clock: SimulatedClock | None = None,
        keep_events: bool = True,
        certificate: Certificate | None = None,
        organization: ConsoleOrganization | None = None,
    ) -> None:
        self.folder = folder
        self.clock = clock or SimulatedClock()
        tls = certificate and certificate.context()
        self.feed = FeedServer(issues, clock=self.clock, tls=tls, organization=organization)
        self.hec = HecServer(keep_events=keep_events, tls=certificate and certificate.context())
        self._trust = {"ca_file": str(certificate.ca)} if certificate else {}
        self.logs = LogsIngestionServer(folder, keep_events=keep_events)
        self._servers = ExitStack()

    def __enter__(self) -> Self:
        for server in (self.feed, self.hec, self.logs):
            self._servers.enter_context(server)
        return self

    def __exit__(self, *_: object) -> None:
        self._servers.close()

    def settings(
        self, *, start: str = "31d", sinks: Iterable[str] = ("splunk", "sentinel", "archive"), admin: bool = False
    ) -> dict[str, Any]:
        """Settings of a forwarder on this stage, as the file has them; secrets stand in files beside it.

        `admin`: with the Admin key; which of its lists and reports are read is for the caller to add.
        """
        admin_key = {"admin_key_file": self._secret("admin-key", ADMIN_KEY)} if admin else {}
        known: dict[str, dict[str, Any]] = {
            "splunk": {"url": self.hec.url, "token_file": self._secret("hec-token", HEC_TOKEN), **self._trust},
            "sentinel": {
                "endpoint": self.logs.url,
                "rule_id": RULE_ID,
                "tenant_id": TENANT_ID,
                "client_id": CLIENT_ID,
                "client_secret_file": self._secret("client-secret", CLIENT_SECRET),
                "authority": self.logs.url,
                "ca_file": str(self.logs.ca_file),
            },
            "archive": {"path": str(self.folder / "archive")},
        }
        return {
            "anthropic": {
                "base_url": self.feed.url,
                "compliance_key_file": self._secret("compliance-key", COMPLIANCE_KEY),
                **admin_key,
                **self._trust,
            },
            "sources": {"activities": {"start": start}},
            "sinks": {name: known[name] for name in sinks},
            "store": {"url": f"sqlite:///{self.folder / 'store.db'}"},
            "status": {"listen": "127.0.0.1:0"},
        }

    def write(self, settings: dict[str, Any]) -> Path:
        """The settings file."""
        file = self.folder / "claude-siem.yaml"
        file.write_text(yaml.safe_dump(settings, sort_keys=False))
        return file

    def _secret(self, name: str, text: str) -> str:
        file = self.folder / name
        file.write_text(text)
        file.chmod(0o600)
        return str(file)
