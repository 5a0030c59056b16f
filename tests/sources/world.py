"""A feed server whose clock only the test moves, and a forwarder's source on it."""

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import httpx
from pydantic import SecretStr

from forwarder.anthropic import ActivityFeed, AnthropicSettings, Client, Continuation, ServerClock
from forwarder.config import Secret
from forwarder.pipeline.flow import Collected, collect
from forwarder.records import Page, Record, Window
from forwarder.simulator import COMPLIANCE_KEY, FeedServer, SimulatedClock
from forwarder.sources import ActivitiesSettings, ActivitiesSource
from forwarder.store import open_store


class SmallPages(ActivityFeed):
    """The feed in pages so small that page edges fall everywhere."""

    def page(self, window: Window, continuation: Continuation | None, limit: int = 7) -> Page:
        """See `ActivityFeed.page`."""
        return super().page(window, continuation, limit)


def still_clock() -> SimulatedClock:
    """A clock at a whole second that only the test moves."""
    clock = SimulatedClock(speed=0)
    clock.advance(-(clock.now_us() % 1_000_000) / 1e6)
    return clock


def no_wait(seconds: float) -> bool:
    """Returns at once: the simulated clock does not move by itself."""
    return False


class Reader:
    """A source with its store; counts what it committed by the source's own id. `local_us`: its machine's clock."""

    def __init__(
        self,
        server: FeedServer,
        folder: Path,
        *,
        small_pages: bool = False,
        local_us: Callable[[], int] | None = None,
        **settings: Any,
    ) -> None:
        self.server = server
        self.settings = ActivitiesSettings.model_validate(settings)
        self._transport = httpx.HTTPTransport()
        account = AnthropicSettings(base_url=server.url, compliance_key=SecretStr(COMPLIANCE_KEY))
        client = Client(
            account,
            Secret("anthropic.compliance_key", SecretStr(COMPLIANCE_KEY)),
            no_wait,
            self._transport,
            clock=ServerClock(local_us or server.clock.now_us, lambda: server.clock.now_us() / 1e6),
        )
        self.feed = (SmallPages if small_pages else ActivityFeed)(client)
        self.source = ActivitiesSource(self.settings, self.feed)
        self.store = open_store(f"sqlite:///{folder / 'store.db'}", ("splunk",), 2**40)
        self.delivered: Counter[str] = Counter()

    def read(self, *, synchronize: bool = True) -> list[Collected]:
        """One read up to the server's now; the clock is synchronized first."""
        if synchronize:
            self.feed.newest()
        pages = []
        for collected in collect(self.source, self.store):
            records = [incoming.record for incoming in collected.batch.incoming]
            self.delivered.update(one.fields["id"] for one in records if isinstance(one, Record))
            pages.append(collected)
        return pages

    def close(self) -> None:
        """Close the store and the connections."""
        self.store.close()
        self._transport.close()

    def watermark_us(self) -> int:
        """The current watermark."""
        checkpoint = self.store.checkpoint("activities")
        return checkpoint.watermark_us if checkpoint else 0


def dead_letters_of(pages: Sequence[Collected]) -> list[str]:
    """The reasons of the dead letters of some pages."""
    return [letter.reason for page in pages for letter in page.batch.dead_letters]
