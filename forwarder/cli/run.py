"""`claude-siem run`: the service, or one pass with `--once`."""

import gc
import signal
import sys
import threading
from pathlib import Path
from typing import Annotated, Literal

import typer

from forwarder.cli.screen import screen
from forwarder.pipeline import Service
from forwarder.settings import load_settings
from forwarder.status import start_log

ConfigFile = Annotated[Path, typer.Option("--config", help="The settings file (YAML).")]
LogFormat = Annotated[
    Literal["json", "console"], typer.Option("--log-format", help="Log lines for machines or people.")
]


def run(
    config: ConfigFile,
    once: Annotated[bool, typer.Option("--once", help="Bring every source up to now, deliver, exit.")] = False,
    log_format: LogFormat = "json",
    progress: Annotated[bool, typer.Option(help="Show progress with --once.")] = True,
) -> None:
    """Collect, normalise and deliver until SIGTERM; or once.

    Exit code: 0 clean, 1 something is undelivered or refused (kept in the store), 2 wrong configuration.
    """
    stop = stop_on_signals()
    start_log(log_format)
    collect_garbage_seldom()
    switch_threads_seldom()
    service = Service(load_settings(config), serve_status=not once)
    if not once:
        service.run(stop)
        return
    shown = screen(progress)
    try:
        complete = service.run_once(stop, shown.show)
    finally:
        shown.close()
    raise typer.Exit(0 if complete else 1)


def collect_garbage_seldom() -> None:
    """Events are trees without cycles: looking for cycles among them costs a twelfth of the CPU time for nothing.

    What does hang in cycles, such as a failed request with its body, must not grow old unseen: hence the 4s.
    """
    gc.freeze()
    gc.set_threshold(50_000, 4, 4)


def switch_threads_seldom() -> None:
    """Threads wait for the network and the disk anyway; each forced switch in between costs warm caches."""
    sys.setswitchinterval(0.05)


def stop_on_signals() -> threading.Event:
    """An event that SIGTERM and SIGINT set."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop
