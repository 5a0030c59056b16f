"""The test environment: simulated feed and receivers, forwarder processes, and checks of what was delivered."""

import json
import os
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from contextlib import closing
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple, Self

from forwarder.records import event_uid, namespace
from forwarder.simulator import COMPLIANCE_KEY, HEC_TOKEN, FeedServer, Issue, SimulatedClock
from forwarder.simulator.audit import account, archived
from forwarder.simulator.azure_tokens import CLIENT_SECRET
from forwarder.simulator.certificates import make_certificate
from forwarder.simulator.destination import DestinationServer
from forwarder.simulator.stage import Stage
from forwarder.sinks import SINKS
from tests.faults.ledger import MAX_IN_FLIGHT, Ledger
from tests.faults.process import TIMEOUT, Forwarder, free_port
from tests.faults.small_volume import SmallVolume
from tests.faults.stored import uids_to_send

NONE: Mapping[str, Any] = MappingProxyType({})
_SPACE = namespace("activity")
_WRONG_CLOCK = Path(__file__).with_name("wrong_clock")


class DeadLetter(NamedTuple):
    """The columns of a dead letter that tests compare."""

    refused_by: str
    reason: str
    uid: str | None


class World:
    """Feed, receivers and settings in `folder`; a context manager. `settings` may be changed before `start`.

    `feed`: options of the `FeedServer`. `tls`: also for feed and Splunk. `environment`: variables of the process.
    """

    def __init__(
        self,
        folder: Path,
        issues: Iterable[Issue],
        *,
        sinks: Collection[str] = SINKS,
        start: str = "31d",
        clock: SimulatedClock | None = None,
        feed: Mapping[str, Any] | None = None,
        tls: bool = False,
    ) -> None:
        certificate = make_certificate(folder / "tls") if tls else None
        self.stage = Stage(folder, (), clock=clock, certificate=certificate)
        options = {"per_minute": 100_000, "tls": certificate and certificate.context(), **(feed or {})}
        self.feed = self.stage.feed = FeedServer(issues, clock=self.stage.clock, **options)  # polled every 200 ms
        self.hec, self.logs = self.stage.hec, self.stage.logs
        self.ledgers = {"splunk": Ledger(), "sentinel": Ledger()}
        self.hec.delivered, self.logs.delivered = self.ledgers["splunk"], self.ledgers["sentinel"]
        self.settings: dict[str, Any] = {}
        self._folder, self._sinks, self._start = folder, sinks, start
        self._passed = 0.0
        self._wrong_by = folder / "local-clock-is-wrong-by"
        self.set_local_clock(0)
        modules = os.pathsep.join(filter(None, [str(_WRONG_CLOCK), os.environ.get("PYTHONPATH")]))
        self.environment = {"PYTHONPATH": modules, "WRONG_CLOCK_FILE": str(self._wrong_by)}
        self.volume: SmallVolume | None = None
        """A volume that only the processes see."""
        self.store_folder, self.archive = folder, folder / "archive"
        """Where this process finds what the others write."""
        self._forwarders: list[Forwarder] = []
        self._allowed: dict[str, Counter[str]] = {sink: Counter() for sink in (*self.ledgers, "archive")}
        self._bodies_before = dict.fromkeys(self.ledgers, 0)
        """Bodies that a receiver had when the process that runs now began."""

    def __enter__(self) -> Self:
        self.stage.__enter__()
        self.settings = self.stage.settings(start=self._start, sinks=self._sinks)
        self.settings["sources"]["activities"]["poll"] = "200ms"
        return self

    def __exit__(self, *_: object) -> None:
        for forwarder in self._forwarders:
            forwarder.kill()
        self.stage.__exit__()

    # Time

    def advance(self, seconds: float) -> None:
        """Let time pass for Anthropic's API and for the forwarder's machine."""
        self._passed += seconds
        self.feed.clock.advance(seconds)
        self.set_local_clock(self._passed)

    def set_local_clock(self, wrong_by: float) -> None:
        """Set the clock of the forwarder's machine, so many seconds ahead of ours."""
        file = os.open(self._wrong_by, os.O_CREAT | os.O_WRONLY)
        os.pwrite(file, f"{wrong_by:<32}".encode(), 0)  # all at once: it is read at any time
        os.close(file)

    # The process

    def start(self) -> Forwarder:
        """Start the service and wait until it is alive."""
        forwarder = self.launch()
        forwarder.until("the forwarder is alive", forwarder.is_alive)
        return forwarder

    def launch(self, *options: str) -> Forwarder:
        """Start the process without waiting."""
        port = free_port()
        self.settings["status"]["listen"] = f"127.0.0.1:{port}"
        config = self.stage.write(self.settings)
        forwarder = Forwarder(
            config,
            port,
            self._folder / "forwarder.log",
            *options,
            environment=self.environment,
            prefix=self.volume.prefix if self.volume else (),
        )
        self._forwarders.append(forwarder)
        self.note_started()
        return forwarder

    def command(self, *arguments: str, code: int = 0) -> str:
        """Run another command as the process runs; its output. Fails with another exit code than `code`."""
        config = str(self.stage.write(self.settings))
        called = [sys.executable, "-m", "forwarder", *arguments, "--config", config]
        environment = {**os.environ, **self.environment}
        done = subprocess.run(called, capture_output=True, text=True, timeout=TIMEOUT, check=False, env=environment)
        assert done.returncode == code, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr

    def write_secret(self, secret: str, text: str) -> None:
        """Write the file of a secret (`compliance-key`, `hec-token`, `client-secret`)."""
        (self._folder / secret).write_text(text)

    # The store file, for tests that read it while no process has it open

    @property
    def store(self) -> Path:
        """The store file."""
        return self.store_folder / "store.db"

    def query(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """Query or change the store."""
        with closing(sqlite3.connect(self.store)) as db, db:
            return db.execute(sql, values).fetchall()

    def dead_letters(self) -> list[DeadLetter]:
        """All dead letters, oldest first."""
        return [DeadLetter(*row) for row in self.query("SELECT refused_by, reason, uid FROM dead_letter ORDER BY id")]

    def refused_by(self, sink: str) -> set[str]:
        """The source ids of the events that a sink refused; the forwarder's own events have none."""
        bodies = self.query("SELECT body FROM dead_letter WHERE refused_by = ?", sink)
        return {uid for (body,) in bodies if (uid := _original(json.loads(body)))}

    # Checks

    def receivers(self) -> dict[str, DestinationServer]:
        """The receivers of the enabled HTTP sinks."""
        known: dict[str, DestinationServer] = {"splunk": self.hec, "sentinel": self.logs}
        return {name: server for name, server in known.items() if name in self.settings["sinks"]}

    def has_received(self, sink: str, ids: Iterable[str]) -> bool:
        """Whether the receiver of a sink has an event of each of these source ids."""
        received = self.receivers()[sink].uids()
        return all(event_uid(_SPACE, id_) in received for id_ in ids)

    def duplicated(self, sink: str) -> set[str]:
        """The source ids, as events contain them, that a receiver has more than once."""
        uids = Counter(_original(event) for event in self.receivers()[sink].events())
        return {uid for uid, count in uids.items() if count > 1 and uid}

    # What may arrive more than once

    def kill(self, forwarder: Forwarder) -> None:
        """Kill a process and note what it leaves in flight."""
        forwarder.kill()
        self.note_ended()

    def note_ended(self) -> None:
        """The only process has ended: what a receiver took since its start and the store has still to send comes again.

        That is the contract, event by event. It is in no more than `MAX_IN_FLIGHT` bodies, those apart whose answer
        the receiver did not send.
        """
        for server in self.receivers().values():
            server.wait_until_read()
        to_send = uids_to_send(self.store)
        for sink in self.receivers():
            bodies = self.ledgers[sink].bodies[self._bodies_before[sink] :]
            taken = {uid for body in bodies for uid in body.uids}
            in_flight = to_send.unsettled.get(sink, set()) & taken
            unrecorded = [body for body in bodies if body.answered and not in_flight.isdisjoint(body.uids)]
            assert len(unrecorded) <= MAX_IN_FLIGHT, (sink, [len(body.uids) for body in unrecorded])
            self._allowed[sink].update(in_flight | (to_send.overdue.get(sink, set()) & taken))
        self.note_started()

    def note_started(self) -> None:
        """A process begins to send."""
        self._bodies_before = {sink: len(ledger.bodies) for sink, ledger in self.ledgers.items()}

    def allow_again(self, sink: str, uids: Iterable[str] | None = None) -> None:
        """These events may arrive at a sink once more; without `uids` all that it has now."""
        self._allowed[sink].update(set(self._counts(sink) if uids is None else uids))

    def allow_issued_again(self, sink: str) -> None:
        """Every activity that was issued so far may arrive at a sink once more."""
        self.allow_again(sink, (event_uid(_SPACE, id_) for id_ in self.feed.issued_ids()))

    def allowed(self, sink: str) -> Counter[str]:
        """How often each event may be at a sink beyond the first time."""
        lost = self.ledgers[sink].unanswered() if sink in self.ledgers else Counter[str]()
        return self._allowed[sink] + lost

    def _counts(self, sink: str) -> Counter[str]:
        """How often each event, by uid, is at a sink."""
        if sink == "archive":
            return Counter(event["metadata"]["uid"] for event in archived(self.archive))
        return Counter(self.receivers()[sink].uids())

    def assert_delivered(
        self,
        forwarder: Forwarder,
        *,
        refused: Mapping[str, Collection[str]] = NONE,
        ids: Collection[str] | None = None,
    ) -> None:
        """Wait until everything issued so far is delivered, stop the forwarder, and check for losses and duplicates.

        `refused`: ids that a sink must not have. `ids`: the issued ids, where the feed does not know them.
        """
        issued = self.feed.issued_ids() if ids is None else ids
        wanted = {sink: set(issued) - set(refused.get(sink, ())) for sink in self._sinks}
        for sink in self.receivers():
            forwarder.until(f"{sink} has received everything", partial(self.has_received, sink, wanted[sink]))
        assert forwarder.stop() == 0, forwarder.log()
        self.assert_no_loss(wanted, refused)

    def assert_no_loss(
        self, wanted: Mapping[str, Collection[str]], refused: Mapping[str, Collection[str]] = NONE
    ) -> None:
        """When no forwarder runs: nothing is lost, nothing came more often than allowed, the log has no secret."""
        for sink, ids in wanted.items():
            events = list(archived(self.archive)) if sink == "archive" else self.receivers()[sink].events()
            result = account(ids, events)
            assert result.lost == 0, (sink, result)
            counts = self._counts(sink)
            excess = counts - Counter(dict.fromkeys(counts, 1)) - self.allowed(sink)
            assert not excess, (sink, f"{excess.total()} duplicates more than allowed of {len(excess)} events", result)
            assert not set(refused.get(sink, ())) & {_original(event) for event in events}
        log = "".join(forwarder.log() for forwarder in self._forwarders)
        assert "crashed" not in log, log
        assert not any(secret in log for secret in (COMPLIANCE_KEY, HEC_TOKEN, CLIENT_SECRET))


def _original(event: Mapping[str, Any]) -> str | None:
    uid = event.get("event", event)["metadata"].get("original_event_uid")
    return uid if isinstance(uid, str) else None
