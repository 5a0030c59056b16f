"""What the log says about a run as a whole: with what it starts, that it stops, and what is left then.

What goes wrong in between is logged where it is noticed; turns to red and back by `Conditions.log_changes`.
"""

from collections.abc import Iterable

import structlog

from forwarder import __version__
from forwarder.errors import Retry
from forwarder.settings import Settings
from forwarder.store import Store

_log = structlog.get_logger()


def log_start(settings: Settings, sources: Iterable[str], status: tuple[str, int] | None) -> None:
    """Version, sources, sinks with their addresses, store, and the addresses that are listened on."""
    otlp = settings.sources.otlp
    _log.info(
        "starting",
        version=__version__,
        sources=list(sources),
        sinks={name: f"{sink.type} at {sink.address}" for name, sink in settings.enabled_sinks().items()},
        store=settings.store.url,
        status=_address(status),
        otlp=_address(otlp.listen) if otlp.enabled and status else None,
    )


def log_stopping(store: Store) -> None:
    """Collecting has stopped; what waits is sent within the grace period."""
    _log.info("stopping", waiting=_waiting(store))


def log_stopped(store: Store) -> None:
    """What is left in the store: events by sink, and dead letters."""
    left = _waiting(store)
    if left and any(left.values()):
        _log.warning("stopped, events are kept in the store for the next start", waiting=left)
    else:
        _log.info("stopped", waiting=left)


def _waiting(store: Store) -> dict[str, int] | None:
    """Events that each sink has not confirmed; `None` where the store cannot be read now."""
    try:
        return store.backlog()
    except Retry:
        return None


def _address(address: tuple[str, int] | None) -> str | None:
    return f"{address[0]}:{address[1]}" if address else None
