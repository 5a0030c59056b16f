"""No secret leaves the process, whatever a server repeats and wherever a person put it: every way out is searched.

The stand-ins repeat the credentials of a request in their errors, in many spellings. Most secrets here have no shape of
their own (a UUID, random characters), so that only knowing them helps.
"""

import base64
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

from forwarder.simulator.audit import archived
from forwarder.simulator.azure_tokens import CLIENT_SECRET
from forwarder.simulator.hec import HEC_TOKEN
from forwarder.simulator.keys import COMPLIANCE_KEY
from tests.cli.commands import claude_siem
from tests.faults.conftest import Build
from tests.faults.process import Forwarder
from tests.faults.rows import month, new_activities
from tests.faults.world import World

SECRETS = (COMPLIANCE_KEY, HEC_TOKEN, CLIENT_SECRET)
ECHO = "echo-credentials"
TOKEN_PATH, ROWS_PATH = "oauth2", "dataCollectionRules"
LEFT = 12
"""Characters of a secret's beginning that may be seen: less than that is none."""


def spellings(secret: str) -> Iterator[str]:
    """What must be in no output, in lower case."""
    yield secret[:LEFT]
    yield secret
    yield quote(secret, safe="")
    yield secret.encode().hex()
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + secret.encode()).decode()
        yield encoded[4 : (before + len(secret)) * 8 // 6]


def leaks(text: str) -> list[str]:
    """The secrets in a text, with what stands around them. Kinds of keys are named by their first characters."""
    lower = text.lower()
    found = {
        s.lower() for secret in SECRETS for s in spellings(secret) if s.lower() in lower and s != COMPLIANCE_KEY[:LEFT]
    }
    return [f"{s}: {lower[max(0, lower.index(s) - 80) : lower.index(s) + 80]}" for s in found]


class Outputs:
    """All that a running forwarder shows, collected while it runs."""

    def __init__(self, world: World, forwarder: Forwarder, port: int) -> None:
        self.texts: dict[str, str] = {}
        self._world, self._forwarder = world, forwarder
        self._http = httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=30)

    def look(self) -> None:
        """Take everything that is served now."""
        for path in ("/readyz", "/metrics", "/"):
            self.texts[path] = self.texts.get(path, "") + self._http.get(path).text

    def faults_are_over(self) -> bool:
        """Whether every planned fault has happened; looks meanwhile."""
        self.look()
        servers = (self._world.feed, self._world.hec, self._world.logs)
        return not any(server.faults.waiting() for server in servers)

    def collect(self, folder: Path) -> dict[str, str]:
        """These, the log, what the destinations received, what the disk holds, and what commands print of it."""
        self._http.close()
        config = folder / "claude-siem.yaml"
        commands = {name: claude_siem("dead-letters", *name.split(), "--config", config) for name in ("list", "show 1")}
        with closing(sqlite3.connect(self._world.store)) as db:
            tables = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            rows = {name: repr(db.execute(f"SELECT * FROM {name}").fetchall()) for name in tables}  # noqa: S608
        return {
            **self.texts,
            "log": self._forwarder.log(),
            "splunk": json.dumps(list(self._world.hec.events())),
            "sentinel": json.dumps(list(self._world.logs.events())),
            "archive": json.dumps(list(archived(folder / "archive"))),
            **{f"store {name}": text for name, text in rows.items()},
            **{f"dead-letters {name}": done.stdout + done.stderr for name, done in commands.items()},
        }


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_servers_that_repeat_the_credentials_put_them_nowhere(log_format: str, build: Build, tmp_path: Path) -> None:
    world = build(month(50))
    for status in (400, 500, 404, 409):
        world.feed.fault(ECHO, status=status)
    for status, code in ((503, 9), (500, 8), (200, 77), (429, 26)):
        world.hec.fault(ECHO, status=status, code=code)
    world.hec.fault(ECHO, status=400, code=6, number=0)
    world.hec.fault(ECHO, status=403, code=4)
    for status in (400, 401):
        world.logs.fault(ECHO, path=TOKEN_PATH, status=status)
    for status in (400, 429, 500, 401, 403, 404):
        world.logs.fault(ECHO, path=ROWS_PATH, status=status)
    forwarder = world.launch("--log-format", log_format)
    forwarder.until("the forwarder is alive", forwarder.is_alive)
    outputs = Outputs(world, forwarder, int(world.settings["status"]["listen"].rpartition(":")[2]))
    rows = iter(range(1000))

    def over() -> bool:
        world.feed.extend(new_activities(world.feed.clock, f"more_{next(rows)}", 1))
        for secret, text in (("hec-token", HEC_TOKEN), ("client-secret", CLIENT_SECRET)):
            world.write_secret(secret, f"{text}\n")  # as another version: a refused sink is tried again at once
        return outputs.faults_are_over()

    forwarder.until("every fault has happened", over, within=180)
    world.feed.fault(ECHO, status=403, times=None)
    forwarder.until_red("sources.activities")
    outputs.look()
    assert forwarder.stop() == 0, forwarder.log()
    texts = outputs.collect(tmp_path)
    assert {name: found for name, text in texts.items() if (found := leaks(text))} == {}
    assert "[redacted]" in texts["log"], "the servers' words were repeated, without the secrets"
    assert "[redacted]" in texts["/readyz"]
    assert "[redacted]" in texts["splunk"], "the last health event names what is red"
    assert "[redacted]" in texts["dead-letters list"]
    assert "[redacted]" in texts["archive"]


PLANTED = "4f1f7c52-9d3e-4b71-8a55-0c9b6f2d7e11"


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("anthropic.compliance_key_file", "compliance_key_file"),
        ("sinks.splunk.token_file", "token_file"),
        ("sinks.sentinel.client_secret_file", "client_secret_file"),
        ("sinks.splunk.url", "url"),
        ("sinks.splunk.ca_file", "ca_file"),
        ("anthropic.base_url", "base_url"),
        ("status.listen", "listen"),
        ("sources.activities.poll", "poll"),
    ],
)
def test_a_secret_under_the_wrong_setting_is_shown_by_no_command(
    path: str, words: str, build: Build, tmp_path: Path
) -> None:
    world = build(month(5))
    section = world.settings
    *parents, leaf = path.split(".")
    for parent in parents:
        section = section[parent]
    section[leaf] = PLANTED
    config = world.stage.write(world.settings)
    for command in (("config", "check"), ("check",), ("run", "--once"), ("run", "--log-format", "console")):
        done = claude_siem(*command, "--config", config)
        assert done.returncode == 2, done.stderr
        assert words in done.stderr
        assert PLANTED not in done.stdout + done.stderr
