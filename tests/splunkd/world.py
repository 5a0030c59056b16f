"""A Splunk to talk to: HEC and management port, and settings that know both."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from typer.testing import CliRunner

from forwarder.cli.splunk import app
from forwarder.config import SplunkSettings, load_settings
from forwarder.simulator import HEC_TOKEN, HecServer
from forwarder.simulator.hec import INDEXES
from forwarder.splunkd.connection import Splunkd
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
        """A settings file; `changes` are keys of the sink, a key of `management` after two underscores."""
        secret = self.folder / "hec-token"
        secret.write_text(HEC_TOKEN)
        bearer = self.folder / "bearer"
        bearer.write_text(BEARER)
        sink: dict[str, Any] = {
            "url": self.hec.url,
            "token_file": str(secret),
            "management": {"url": self.splunkd.url, "token_file": str(bearer)},
        }
        for key, value in changes.items():
            section, _, leaf = key.rpartition("__")
            (sink[section] if section else sink)[leaf] = value
        told = {"anthropic": {"compliance_key": "sk-ant-api01-never-to-be-seen"}, "sinks": {SINK: sink}}
        path = self.folder / "claude-siem.yaml"
        path.write_text(yaml.safe_dump(told))
        return path

    def settings(self, **changes: Any) -> SplunkSettings:
        """The sink's settings."""
        sink = load_settings(self.file(**changes), {}).sinks[SINK]
        assert isinstance(sink, SplunkSettings)
        return sink

    def client(self, **changes: Any) -> Splunkd:
        """The product's side."""
        return Splunkd(SINK, self.settings(**changes))


@contextmanager
def world(folder: Path) -> Iterator[World]:
    """A Splunk in which everything is as it should be."""
    with (
        HecServer(keep_events=True, indexes=(*INDEXES, VERIFY_INDEX)) as hec,
        SplunkdServer(hec) as splunkd,
    ):
        yield World(folder, hec, splunkd)


class Said(NamedTuple):
    """What a command said, and its exit code."""

    returncode: int
    stdout: str
    stderr: str


def splunk_command(*arguments: object) -> Said:
    """`claude-siem splunk …` in this process, which saves the start of one. No secret is in what it says."""
    done = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert not any(secret in done.stdout + done.stderr for secret in (BEARER, HEC_TOKEN))
    return Said(done.exit_code, done.stdout, done.stderr)
