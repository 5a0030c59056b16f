"""The stage with a forwarder on it and an auditor behind it."""

import json
import sqlite3
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from contextlib import closing
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple, Self

from forwarder.identity import event_uid, namespace
from forwarder.simulator import COMPLIANCE_KEY, HEC_TOKEN, FeedServer, Issue, SimulatedClock
from forwarder.simulator.audit import account, archived
from forwarder.simulator.azure_tokens import CLIENT_SECRET
from forwarder.simulator.certificates import make_certificate
from forwarder.simulator.destination import DestinationServer
from forwarder.simulator.stage import SINKS, Stage
from tests.faults.ledger import Ledger
from tests.faults.process import Forwarder, free_port

NONE: Mapping[str, Any] = MappingProxyType({})
_SPACE = namespace("activity")


class DeadLetter(NamedTuple):
    """A dead letter, as far as tests look at it."""

    refused_by: str
    reason: str
    uid: str | None


class World:
    """Feed, receivers and settings in `folder`; a context manager. `settings` may be changed before `start`.

    `feed`: options of the `FeedServer`. `tls`: feed and Splunk speak it too. `environment`: variables of the process.
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
        self.environment: dict[str, str] = {}
        self._forwarders: list[Forwarder] = []

    def __enter__(self) -> Self:
        self.stage.__enter__()
        self.settings = self.stage.settings(start=self._start, sinks=self._sinks)
        self.settings["sources"]["activities"]["poll"] = "200ms"
        return self

    def __exit__(self, *_: object) -> None:
        for forwarder in self._forwarders:
            forwarder.kill()
        self.stage.__exit__()

    # The process

    def start(self) -> Forwarder:
        """The service, as soon as it listens."""
        forwarder = self.launch()
        forwarder.until("the forwarder listens", forwarder.listens)
        return forwarder

    def launch(self, *options: str) -> Forwarder:
        """The process, at once."""
        port = free_port()
        self.settings["status"]["listen"] = f"127.0.0.1:{port}"
        config = self.stage.write(self.settings)
        forwarder = Forwarder(config, port, self._folder / "forwarder.log", *options, environment=self.environment)
        self._forwarders.append(forwarder)
        return forwarder

    def rewrite(self, secret: str, text: str) -> None:
        """Put another text into a secret's file (`compliance-key`, `hec-token`, `client-secret`)."""
        (self._folder / secret).write_text(text)

    # The store's file, for tests that look into it while nobody has it open

    @property
    def store(self) -> Path:
        """The store's file."""
        return self._folder / "store.db"

    def query(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """Look into the store, or change it."""
        with closing(sqlite3.connect(self.store)) as db, db:
            return db.execute(sql, values).fetchall()

    def dead_letters(self) -> list[DeadLetter]:
        """Every dead letter, oldest first."""
        return [DeadLetter(*row) for row in self.query("SELECT refused_by, reason, uid FROM dead_letter ORDER BY id")]

    def refused_by(self, sink: str) -> set[str]:
        """The source's ids of the events that a sink refused; the forwarder's own events have none."""
        bodies = self.query("SELECT body FROM dead_letter WHERE refused_by = ?", sink)
        return {uid for (body,) in bodies if (uid := _original(json.loads(body)))}

    # The auditor

    def receivers(self) -> dict[str, DestinationServer]:
        """The HTTP sinks in use."""
        known: dict[str, DestinationServer] = {"splunk": self.hec, "sentinel": self.logs}
        return {name: server for name, server in known.items() if name in self.settings["sinks"]}

    def holds(self, sink: str, ids: Iterable[str]) -> bool:
        """Whether the receiver of a sink holds an event of each of these ids."""
        held = self.receivers()[sink].uids()
        return all(event_uid(_SPACE, id_) in held for id_ in ids)

    def duplicated(self, sink: str) -> set[str]:
        """The source's ids (as events carry them) that a receiver holds more than once."""
        uids = Counter(_original(event) for event in self.receivers()[sink].events())
        return {uid for uid, count in uids.items() if count > 1 and uid}

    def verdict(
        self,
        forwarder: Forwarder,
        *,
        lost_answers: int = 0,
        limits: Mapping[str, int] = NONE,
        refused: Mapping[str, Collection[str]] = NONE,
        ids: Collection[str] | None = None,
    ) -> None:
        """Wait until everything issued so far is delivered, stop the forwarder, and close the books.

        A sink may hold twice what so many `lost_answers` were about, and so many further events as `limits` says.
        `refused`: ids that a sink must not hold. `ids`: what was issued, where the feed's own ledger does not say it.
        """
        issued = self.feed.issued_ids() if ids is None else ids
        wanted = {sink: set(issued) - set(refused.get(sink, ())) for sink in self._sinks}
        for sink in self.receivers():
            forwarder.until(f"{sink} holds everything", partial(self.holds, sink, wanted[sink]))
        assert forwarder.stop() == 0, forwarder.log()
        doubled = Counter(limits)
        for sink, ledger in self.ledgers.items():
            doubled[sink] += ledger.in_flight(lost_answers)
        self.books(wanted, doubled, refused)

    def books(
        self,
        wanted: Mapping[str, Collection[str]],
        limits: Mapping[str, int] = NONE,
        refused: Mapping[str, Collection[str]] = NONE,
    ) -> None:
        """The audit itself, when no forwarder runs: 0 lost, duplicates within the limits, no secret in the log."""
        for sink, ids in wanted.items():
            archive = self._folder / "archive"
            events = list(archived(archive)) if sink == "archive" else self.receivers()[sink].events()
            result = account(ids, events)
            assert result.lost == 0, (sink, result)
            assert result.duplicated <= limits.get(sink, 0), (sink, result)
            assert not set(refused.get(sink, ())) & {_original(event) for event in events}
        said = "".join(forwarder.log() for forwarder in self._forwarders)
        assert "crashed" not in said, said
        assert not any(secret in said for secret in (COMPLIANCE_KEY, HEC_TOKEN, CLIENT_SECRET))


def _original(event: Mapping[str, Any]) -> str | None:
    uid = event.get("event", event)["metadata"].get("original_event_uid")
    return uid if isinstance(uid, str) else None
