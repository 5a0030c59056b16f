"""A Splunk for tests: HEC and management port, and settings for both."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from forwarder.cli.splunk import app
from forwarder.settings import load_settings
from forwarder.simulator import HEC_TOKEN, HecServer
from forwarder.simulator.hec import INDEXES
from forwarder.sinks.splunk import SplunkSettings
from forwarder.splunkd.connection import Splunkd
from tests.cli.within import CommandResult, within
from tests.siem.settings_file import settings_file
from tests.splunkd.standin import BEARER, SplunkdServer

SINK = "splunk"
VERIFY_INDEX = "claude_verify"


class World:
    """Both servers, and a folder for settings and secrets."""

    def __init__(self, folder: Path, hec: HecServer, splunkd: SplunkdServer) -> None:
        self.folder = folder
        self.hec = hec
        self.splunkd = splunkd

    def file(self, **changes: Any) -> Path:
        """A settings file; `changes`: see `settings_file`."""
        secret = self.folder / "hec-token"
        secret.write_text(HEC_TOKEN)
        bearer = self.folder / "bearer"
        bearer.write_text(BEARER)
        sink = {
            "url": self.hec.url,
            "token_file": str(secret),
            "management": {"url": self.splunkd.url, "token_file": str(bearer)},
        }
        return settings_file(self.folder, SINK, sink, changes)

    def settings(self, **changes: Any) -> SplunkSettings:
        """The sink's settings."""
        sink = load_settings(self.file(**changes), {}).sinks[SINK]
        assert isinstance(sink, SplunkSettings)
        return sink

    def client(self, **changes: Any) -> Splunkd:
        """The forwarder's connection."""
        return Splunkd(SINK, self.settings(**changes))


@contextmanager
def world(folder: Path) -> Iterator[World]:
    """A Splunk with everything set up as required."""
    with (
        HecServer(keep_events=True, indexes=(*INDEXES, VERIFY_INDEX)) as hec,
        SplunkdServer(hec) as splunkd,
    ):
        yield World(folder, hec, splunkd)


def splunk_command(*arguments: object) -> CommandResult:
    """`claude-siem splunk …` in this process."""
    return within(app, (BEARER, HEC_TOKEN), arguments)
