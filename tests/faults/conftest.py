"""Fixtures of the fault tests."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Protocol

import pytest

from forwarder.simulator import Issue, SimulatedClock
from forwarder.sinks import SINKS
from tests.faults.process import Forwarder
from tests.faults.rows import month
from tests.faults.world import World


class Build(Protocol):
    """Builds a world; see `World`."""

    def __call__(
        self,
        issues: Iterable[Issue],
        *,
        sinks: Collection[str] = SINKS,
        start: str = "31d",
        clock: SimulatedClock | None = None,
        feed: Mapping[str, Any] | None = None,
        tls: bool = False,
    ) -> World: ...


@pytest.fixture
def build(tmp_path: Path) -> Iterator[Build]:
    """Builds worlds that end with the test, with their forwarders."""
    with ExitStack() as stack:

        def build_world(issues: Iterable[Issue], **options: Any) -> World:
            return stack.enter_context(World(tmp_path, issues, **options))

        yield build_world


@pytest.fixture(scope="session", autouse=True)
def stalled_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forwarder]:
    """`run --once` with a sink that is down. It gives up after a minute, so it starts before the first test."""
    with World(tmp_path_factory.mktemp("stalled"), month(300), sinks=("splunk",)) as world:
        world.hec.fault("busy", times=None)
        yield world.launch("--once")


@pytest.fixture(scope="session", autouse=True)
def run_with_one_revoked_key(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forwarder]:
    """`run --once` with two accounts on one feed; one key is revoked, the other always finds rows of its own requests.

    It gives up after a minute, see `stalled_run`.
    """
    folder = tmp_path_factory.mktemp("revoked")
    with World(folder, month(300), sinks=("splunk",), feed={"access_delay": 0.0}) as world:
        key = folder / "revoked-key"
        key.write_text("sk-ant-api01-revoked")
        emea = {
            "anthropic": {**world.settings["anthropic"], "compliance_key_file": str(key)},
            "sources": {"activities": {"poll": "200ms", "start": "1h"}},
        }
        world.settings["accounts"] = {"emea": emea}
        yield world.launch("--once")
