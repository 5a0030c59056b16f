"""An organization behind a simulated Admin API, and every source of the registry that reads it, with a store."""

from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

from forwarder.pipeline.build import build_sources
from forwarder.pipeline.flow import collect
from forwarder.records import AnyRecord
from forwarder.settings import Settings
from forwarder.simulator import ADMIN_KEY, ConsoleOrganization, FeedServer, SimulatedClock, company
from forwarder.sources import SOURCES, Source
from forwarder.store import open_store
from tests.simulator.world import NOON

ADMIN_SOURCES = [name for name, kind in SOURCES.items() if kind.key == "admin API"]


class AdminWorld:
    """An organization of the scenario `attack-keys`, its server, and the sources."""

    def __init__(self, stack: ExitStack, folder: Path, **sources: Any) -> None:
        self.clock = SimulatedClock(NOON, speed=0)
        self.organization: ConsoleOrganization = company("attack-keys", clock=self.clock, now_us=self.clock.now_us())
        options: dict[str, Any] = {"organization": self.organization, "admin_per_minute": 100_000}
        self.server = stack.enter_context(FeedServer(clock=self.clock, **options))
        self.store = stack.enter_context(closing(open_store(f"sqlite:///{folder / 'store.db'}", ("splunk",), 2**40)))
        enabled = {name: {"enabled": True, **sources.get(name, {})} for name in ADMIN_SOURCES}
        settings = {
            "anthropic": {"base_url": self.server.url, "admin_key": ADMIN_KEY},
            "sources": {"activities": {"enabled": False}, **enabled},
            "sinks": {"archive": {"path": str(folder / "archive")}},
        }
        built = build_sources(Settings.model_validate(settings), lambda _: False, self.clock.now_us)
        self.sources = {source.name: source for source in built}
        for source in self.sources.values():
            stack.callback(source.close)

    def read(self, name: str) -> list[AnyRecord]:
        """The records of one read of a source."""
        source: Source = self.sources[name]
        given: list[AnyRecord] = []
        for collected in collect(source, self.store):
            given += [one.record for one in collected.batch.incoming]
        return given

    def dead_letters(self) -> list[str]:
        """The reasons of the dead letters."""
        return [letter.reason for letter in self.store.dead_letters()]
