"""`claude-siem check`: each credential and endpoint proven with one harmless call."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from typing import Annotated, NamedTuple

import typer

from forwarder.cli.run import ConfigFile
from forwarder.errors import ForwarderError
from forwarder.identity import event_uid, namespace
from forwarder.ocsf.health import health_event
from forwarder.pipeline.build import build_sources
from forwarder.records import Receipt
from forwarder.settings import Settings, load_settings
from forwarder.sinks import SinkSettings, build_sink
from forwarder.store import Chunk, Packed, pack


class Finding(NamedTuple):
    """One thing checked."""

    subject: str
    ok: bool
    text: str


def check(
    config: ConfigFile,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Prove every key, endpoint, token, index and role; say in one line each what is wrong and how to mend it.

    Sends one health event to each SIEM. Exit code: 0 all good, 1 something is not, 2 wrong configuration.
    """
    findings = list(find(load_settings(config)))
    good = all(finding.ok for finding in findings)
    if as_json:
        typer.echo(json.dumps({"ok": good, "findings": [finding._asdict() for finding in findings]}))
    else:
        for subject, ok, text in findings:
            typer.echo(f"{'ok  ' if ok else 'FAIL'}  {subject}: {text}")
    raise typer.Exit(0 if good else 1)


def find(settings: Settings) -> Iterator[Finding]:
    """One finding a source and sink."""
    never = threading.Event()
    for source in build_sources(settings, never.wait):
        with closing(source):
            yield _prove(f"sources.{source.name}", source.check)
    if settings.sources.otlp.enabled:
        from forwarder.pipeline.receiver import SUBJECT, check_receiver

        yield _prove(SUBJECT, partial(check_receiver, settings.sources.otlp))
    for name, sink_settings in settings.enabled_sinks().items():
        yield _prove(f"sinks.{name}", partial(_check_sink, name, sink_settings))


def _check_sink(name: str, settings: SinkSettings) -> str:
    with closing(build_sink(name, settings)) as sink:
        return sink.check(_harmless_chunk())


def _prove(subject: str, proof: Callable[[], str]) -> Finding:
    try:
        return Finding(subject, True, proof())
    except ForwarderError as error:
        return Finding(subject, False, str(error).removeprefix(f"{subject}: "))


def _harmless_chunk() -> Chunk:
    now_us = time.time_ns() // 1000
    uid = event_uid(namespace("forwarder-health"), f"check#{now_us}")
    event = health_event("health", {}, now_us // 1000, uid, Receipt(now_us // 1000, "check"))
    return next(pack("forwarder", [Packed(event, now_us, 0)]))
