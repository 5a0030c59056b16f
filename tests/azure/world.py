"""An Azure for tests: ingestion, tokens, Resource Manager and queries, and settings for all of them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from forwarder.azure.connection import Azure
from forwarder.cli.sentinel import app
from forwarder.settings import load_settings
from forwarder.simulator import CLIENT_ID, CLIENT_SECRET, TENANT_ID, LogsIngestionServer
from forwarder.simulator.azure_tokens import Application
from forwarder.sinks.sentinel import SentinelSettings
from tests.azure.logs_query import LogsQuery
from tests.azure.standin import WORKSPACE, ResourceManager
from tests.cli.within import CommandResult, within
from tests.siem.settings_file import settings_file

SINK = "sentinel"
OPERATOR, OPERATOR_SECRET = "aaaaaaaa-0000-4000-8000-00000000000d", "operator-secret-never-to-be-seen"
OPERATOR_ID = "aaaaaaaa-0000-4000-8000-00000000000e"


class World:
    """All servers, and a folder for settings and secrets."""

    def __init__(self, folder: Path, logs: LogsIngestionServer, manager: ResourceManager, queries: LogsQuery) -> None:
        self.folder = folder
        self.logs = logs
        self.manager = manager
        self.queries = queries

    def file(self, **changes: Any) -> Path:
        """A settings file; `changes`: see `settings_file`."""
        sink = {
            "type": "sentinel",
            "endpoint": self.logs.url,
            "rule_id": self.logs.rule_id,
            "authority": self.logs.url,
            "ca_file": str(self.logs.ca_file),
            "tenant_id": TENANT_ID,
            "client_id": CLIENT_ID,
            "client_secret_file": self._secret("forwarder", CLIENT_SECRET),
            "management": {
                "workspace": WORKSPACE,
                "resource_manager_url": self.manager.url,
                "logs_url": self.queries.url,
                "tenant_id": TENANT_ID,
                "client_id": OPERATOR,
                "client_secret_file": self._secret("operator", OPERATOR_SECRET),
            },
        }
        return settings_file(self.folder, SINK, sink, changes)

    def settings(self, **changes: Any) -> SentinelSettings:
        """The sink's settings."""
        sink = load_settings(self.file(**changes), {}).sinks[SINK]
        assert isinstance(sink, SentinelSettings)
        return sink

    def azure(self, **changes: Any) -> Azure:
        """The forwarder's connection."""
        return Azure(SINK, self.settings(**changes))

    def _secret(self, name: str, value: str) -> str:
        file = self.folder / name
        file.write_text(value)
        return str(file)


@contextmanager
def world(folder: Path) -> Iterator[World]:
    """An Azure with everything set up as required."""
    with LogsIngestionServer(folder / "tls", keep_events=True) as logs:
        logs.tokens.applications[OPERATOR] = Application(OPERATOR_SECRET, OPERATOR_ID)
        with ResourceManager(logs) as manager, LogsQuery(logs, manager) as queries:
            yield World(folder, logs, manager, queries)


def sentinel_command(*arguments: object, typed: str = "") -> CommandResult:
    """`claude-siem sentinel …` in this process, with `typed` at the keyboard."""
    return within(app, (CLIENT_SECRET, OPERATOR_SECRET), arguments, typed)
