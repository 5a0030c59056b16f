"""`claude-siem check`: each credential and endpoint tested with one harmless request."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from typing import Annotated, NamedTuple

import typer

from forwarder.cli import terminal
from forwarder.cli.options import ConfigFile
from forwarder.errors import ForwarderError
from forwarder.ocsf.health import health_event
from forwarder.pipeline.build import build_sources
from forwarder.pipeline.host_checks import check_address, check_clock, check_store_folder
from forwarder.records import Receipt, event_uid, namespace
from forwarder.settings import Settings, load_settings
from forwarder.sinks import SinkSettings, build_sink
from forwarder.store import Chunk, Packed, pack


class CheckResult(NamedTuple):
    """The result of checking one source or sink."""

    subject: str
    ok: bool
    text: str


def check(
    config: ConfigFile,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Test every key, endpoint, token, index and role, the store's folder, the ports and the clock; one line each.

    Sends one health event to each SIEM.

    Exit code: 0 everything works, 1 something does not, 2 invalid configuration.
    """
    results = list(check_all(load_settings(config)))
    good = all(result.ok for result in results)
    if as_json:
        terminal.show_json({"ok": good, "findings": [result._asdict() for result in results]})
    else:
        terminal.show(*(f"{'ok  ' if ok else 'FAIL'}  {subject}: {text}" for subject, ok, text in results))
    raise typer.Exit(0 if good else 1)


def check_all(settings: Settings) -> Iterator[CheckResult]:
    """One result per enabled source and sink, and those about the machine."""
    never = threading.Event()
    skews: dict[str, float] = {}
    for source in build_sources(settings, never.wait):
        with closing(source):
            result = _result(f"sources.{source.name}", source.check)
            if result.ok:
                skews[source.name] = source.skew()
            yield result
    if settings.sources.otlp.enabled:
        from forwarder.pipeline.receiver import SUBJECT, check_receiver

        yield _result(SUBJECT, partial(check_receiver, settings.sources.otlp))
    for name, sink_settings in settings.enabled_sinks().items():
        yield _result(f"sinks.{name}", partial(_check_sink, name, sink_settings))
    yield from _machine(settings, skews)


def _machine(settings: Settings, skews: dict[str, float]) -> Iterator[CheckResult]:
    """The store's folder, the addresses, and the clock. `skews`: by source that has given its time."""
    yield _result("store", partial(check_store_folder, settings.store))
    for setting, address in settings.listening().items():
        yield _result(setting, partial(check_address, setting, address, settings.status.listen))
    yield _result("clock", partial(check_clock, skews))


def _check_sink(name: str, settings: SinkSettings) -> str:
    with closing(build_sink(name, settings)) as sink:
        return sink.check(_health_chunk())


def _result(subject: str, test: Callable[[], str]) -> CheckResult:
    try:
        return CheckResult(subject, True, test())
    except ForwarderError as error:
        return CheckResult(subject, False, str(error).removeprefix(f"{subject}: "))


def _health_chunk() -> Chunk:
    now_us = time.time_ns() // 1000
    uid = event_uid(namespace("forwarder-health"), f"check#{now_us}")
    event = health_event("health", {}, now_us // 1000, uid, Receipt(now_us // 1000, "check"))
    return next(pack("forwarder", [Packed(event, now_us, 0)]))
