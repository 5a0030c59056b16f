"""`claude-siem run`: the service, or a single run with `--once`."""

import gc
import resource
import sys
from typing import Annotated

import typer

from forwarder.cli.options import ConfigFile, LogFormat, LogLevel
from forwarder.cli.screen import screen
from forwarder.cli.terminal import filter_stderr
from forwarder.cli.termination import stop_on_signals
from forwarder.pipeline import Service
from forwarder.settings import load_settings
from forwarder.status import start_log, survive_closed_streams

_DESCRIPTORS = 8192


def run(
    config: ConfigFile,
    once: Annotated[
        bool, typer.Option("--once", help="Read every source up to now, deliver everything, and exit.")
    ] = False,
    log_format: LogFormat = "json",
    log_level: LogLevel = "info",
    progress: Annotated[bool, typer.Option(help="Show progress with --once.")] = True,
) -> None:
    """Collect, normalize and deliver events until SIGTERM, or once with --once.

    Exit code: 0 success, 1 some events are undelivered or refused (they stay in the store), 2 invalid configuration.
    """
    survive_closed_streams()
    filter_stderr()
    stop = stop_on_signals(1 if once else 0)
    start_log(log_format, log_level)
    collect_garbage_seldom()
    switch_threads_seldom()
    open_many_files()
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
    """Run the cyclic garbage collector less often: events have no cycles, and searching them costs 8 % of the CPU time.

    Failed requests do form cycles and hold their bodies, so the older generations are still collected often.
    """
    gc.freeze()
    gc.set_threshold(50_000, 4, 4)


def switch_threads_seldom() -> None:
    """Switch threads less often: they wait for network and disk anyway, and forced switches cost CPU caches."""
    sys.setswitchinterval(0.05)


def open_many_files() -> None:
    """Use the file descriptors that the process may have: each client of the receiver takes one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, _DESCRIPTORS)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
