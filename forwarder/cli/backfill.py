"""`claude-siem backfill`: a past time range read again, also beside a running service."""

from datetime import datetime
from typing import Annotated

import typer

from forwarder.cli import terminal
from forwarder.cli.options import ConfigFile, LogFormat, LogLevel, timestamp
from forwarder.cli.run import collect_garbage_seldom
from forwarder.cli.screen import screen
from forwarder.cli.termination import stop_on_signals
from forwarder.errors import Misconfigured
from forwarder.pipeline.backfill import BackfillRange, Result
from forwarder.pipeline.backfill import backfill as read_again
from forwarder.settings import load_settings
from forwarder.status import start_log


def backfill(
    config: ConfigFile,
    start: Annotated[datetime, typer.Option("--from", metavar="TIME", parser=timestamp, help="From this time on.")],
    end: Annotated[
        datetime | None, typer.Option("--to", metavar="TIME", parser=timestamp, help="Before this time; else: now.")
    ] = None,
    source: Annotated[str | None, typer.Option(help="Only this source; else: all that can be read again.")] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Send again also what the store knows to have been read.")
    ] = False,
    log_format: LogFormat = "json",
    log_level: LogLevel = "info",
    progress: Annotated[bool, typer.Option(help="Show progress.")] = True,
) -> None:
    """Read a past time range again and deliver it, beside a running service or alone.

    Rows that the store still knows are left out; older ones come again under the same event ids. The same command
    goes on where the last one ended. TIME has its zone, such as 2026-04-01T00:00:00Z.

    Exit code: 0 read and confirmed, 1 something is unread, unconfirmed or refused, 2 wrong configuration.
    """
    start_log(log_format, log_level)
    collect_garbage_seldom()
    if end and end <= start:
        raise Misconfigured("--to must be after --from; nothing was done")
    time_range = BackfillRange(_micros(start), _micros(end) if end else None, force)
    display = screen(progress)
    try:
        result = read_again(load_settings(config), source, time_range, stop_on_signals(1), display.show)
    finally:
        display.close()
    terminal.show(*_summary(result))
    raise typer.Exit(0 if result.complete else 1)


def _micros(instant: datetime) -> int:
    return round(instant.timestamp() * 1e6)


def _summary(result: Result) -> list[str]:
    lines = [f"{result.rows} rows read, {result.events} events made of them"]
    if result.waiting:
        lines.append(f"{result.waiting} events are not confirmed yet; they are kept in the store")
    if result.refused:
        lines.append(f"{result.refused} were refused; `claude-siem dead-letters list` names them")
    if result.unread:
        lines.append(f"not read to its end ({result.unread}); the same command goes on from there")
    return lines
