"""A whole stage on loopback: the feed, a destination for each kind of sink, and the settings file for a forwarder."""

from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self, cast

import yaml

from forwarder.private_files import write_private
from forwarder.simulator.admin import ConsoleOrganization
from forwarder.simulator.certificates import Certificate
from forwarder.simulator.clock import SimulatedClock
from forwarder.simulator.feed import FeedServer
from forwarder.simulator.hec import HecServer
from forwarder.simulator.keys import ADMIN_KEY, COMPLIANCE_KEY
from forwarder.simulator.logs_ingestion import LogsIngestionServer
from forwarder.simulator.scenarios.issue import Issue
from forwarder.simulator.stand_ins import kinds, stand_in_class


class Stage:
    """Starts and stops the servers together. Files (certificates, secrets, settings) go to `folder`.

    `certificate`: what the feed and the destinations show that also speak plain HTTP. `organization`: what the Admin
    API shows; `company(name, clock=clock, …)` gives that of a scenario.
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
        options: dict[str, Any] = {"keep_events": keep_events, "certificate": certificate}
        self.stand_ins = {kind: stand_in_class(kind)(folder, **options) for kind in kinds()}
        self._trust = {"ca_file": str(certificate.ca)} if certificate else {}
        self._servers = ExitStack()

    @property
    def hec(self) -> HecServer:
        """Splunk, for tests of what only a HEC does."""
        return cast(HecServer, self.stand_ins["splunk"].server)

    @property
    def logs(self) -> LogsIngestionServer:
        """Sentinel, for tests of what only Azure does."""
        return cast(LogsIngestionServer, self.stand_ins["sentinel"].server)

    def __enter__(self) -> Self:
        self._servers.enter_context(self.feed)
        for destination in self.stand_ins.values():
            if destination.server:
                self._servers.enter_context(destination.server)
        return self

    def __exit__(self, *_: object) -> None:
        self._servers.close()

    def settings(
        self, *, start: str = "31d", sinks: Iterable[str] | None = None, admin: bool = False
    ) -> dict[str, Any]:
        """Settings of a forwarder on this stage, as the file has them; each secret is in a file of its own.

        `admin`: with the Admin key; which of its lists and reports are read is for the caller to add.
        """
        admin_key = {"admin_key_file": self._secret("admin-key", ADMIN_KEY)} if admin else {}
        return {
            "anthropic": {
                "base_url": self.feed.url,
                "compliance_key_file": self._secret("compliance-key", COMPLIANCE_KEY),
                **admin_key,
                **self._trust,
            },
            "sources": {"activities": {"start": start}},
            "sinks": {
                kind: self.stand_ins[kind].settings() for kind in self.stand_ins if sinks is None or kind in sinks
            },
            "store": {"url": f"sqlite:///{self.folder / 'store.db'}"},
            "status": {"listen": "127.0.0.1:0"},
        }

    def write(self, settings: dict[str, Any]) -> Path:
        """The settings file."""
        file = self.folder / "claude-siem.yaml"
        write_private(file, yaml.safe_dump(settings, sort_keys=False).encode())
        return file

    def _secret(self, name: str, text: str) -> str:
        file = self.folder / name
        write_private(file, text.encode())
        return str(file)
