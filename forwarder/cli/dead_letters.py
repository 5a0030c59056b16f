"""`claude-siem dead-letters`: what was refused, by whom and why; requeued, dropped. Safe beside a running service."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from typing import Annotated

import typer

from forwarder.cli import dead_letter_lines, terminal
from forwarder.cli.dead_letter_lines import COLUMNS
from forwarder.cli.options import ConfigFile, LogFormat, LogLevel
from forwarder.cli.termination import stop_on_signals
from forwarder.errors import Misconfigured, Retry
from forwarder.pipeline.replay import Outcome
from forwarder.pipeline.replay_batches import requeue_in_batches
from forwarder.pipeline.resend import send_now
from forwarder.printable import printable
from forwarder.redaction import redact
from forwarder.settings import Settings, load_settings
from forwarder.status import start_log
from forwarder.store import DeadLetterFilter, DeadLetters, open_dead_letters

app = typer.Typer(help="Look at what was refused, send it again, or drop it.", no_args_is_help=True)

Ids = Annotated[list[int] | None, typer.Argument(metavar="[ID]...", help="Dead letters by id, as `list` shows them.")]
SomeIds = Annotated[list[int], typer.Argument(metavar="ID...", help="Dead letters by id, as `list` shows them.")]
OfSink = Annotated[str | None, typer.Option("--sink", help="Only what this sink refused.")]
OfSource = Annotated[str | None, typer.Option("--source", help="Only what came from this source.")]
OfReason = Annotated[str | None, typer.Option("--reason", help="Only what was refused for this reason.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
All = Annotated[bool, typer.Option("--all", help="All dead letters, or all that the filters leave.")]


@app.command("list")
def list_dead_letters(
    config: ConfigFile, sink: OfSink = None, source: OfSource = None, reason: OfReason = None, as_json: AsJson = False
) -> None:
    """Print one untruncated line for each: id, when, source, refused by, reason, the source's id, detail."""
    if sys.stdout.isatty() and not as_json:
        terminal.show_data("\t".join(COLUMNS))
    with _dead_letters(load_settings(config)) as store:
        for kept in store.read(store.chosen(DeadLetterFilter((), sink, source, reason))):
            terminal.show_data(dead_letter_lines.json_line(kept) if as_json else dead_letter_lines.line(kept))


@app.command("show")
def show(config: ConfigFile, ids: SomeIds, as_json: AsJson = False) -> None:
    """Print all of a dead letter, with the bytes that were refused."""
    with _dead_letters(load_settings(config)) as store:
        pages = [
            dead_letter_lines.json_line(kept, body=True) if as_json else dead_letter_lines.page(kept)
            for kept in store.read(store.chosen(DeadLetterFilter(tuple(ids))))
        ]
    terminal.show_data(("\n" if as_json else "\n\n").join(pages))


@app.command("replay")
def replay(
    config: ConfigFile,
    ids: Ids = None,
    everything: All = False,
    sink: OfSink = None,
    source: OfSource = None,
    reason: OfReason = None,
    now: Annotated[bool, typer.Option("--now", help="Send here until confirmed; no service may be running.")] = False,
    log_format: LogFormat = "json",
    log_level: LogLevel = "info",
) -> None:
    """Requeue dead letters in the store, for the running service to send.

    Exit code: 0 all requeued or delivered, 1 some remain (kept in the store), 2 nothing was done.
    """
    settings = load_settings(config)
    choice = _choice(ids, everything, DeadLetterFilter((), sink, source, reason))
    if now:
        start_log(log_format, log_level)
        with _try_again():
            _print(send_now(settings, choice, stop_on_signals(1)))
        return
    with _dead_letters(settings) as store:
        _print(requeue_in_batches(store, store.chosen(choice), list(settings.enabled_sinks())))


@app.command("drop")
def drop(
    config: ConfigFile,
    ids: Ids = None,
    everything: All = False,
    yes: Annotated[bool, typer.Option("--yes", help="With --all: drop without asking.")] = False,
    sink: OfSink = None,
    source: OfSource = None,
    reason: OfReason = None,
) -> None:
    """Remove dead letters for good, and print which."""
    choice = _choice(ids, everything, DeadLetterFilter((), sink, source, reason))
    if not choice.ids and not everything:
        raise Misconfigured("drop removes for good: give ids, or --all --yes with the filters")
    with _dead_letters(load_settings(config)) as store:
        numbers = store.chosen(choice)
        if not choice.ids and not yes:
            raise Misconfigured(f"{_number(len(numbers))} would be dropped for good: add --yes; nothing was done")
        dropped = 0
        for kept in store.read(numbers):
            if store.drop(kept.id):
                dropped += 1
                terminal.show_data(dead_letter_lines.line(kept))
        terminal.show(f"{_number(dropped)} dropped")


def _choice(ids: list[int] | None, everything: bool, filters: DeadLetterFilter) -> DeadLetterFilter:
    """Raises `Misconfigured` unless it is given, in one way, which dead letters are meant."""
    filtered = filters != DeadLetterFilter()
    if ids and (everything or filtered):
        raise Misconfigured("give ids, or --all and filters, not both; nothing was done")
    if not (ids or everything or filtered):
        raise Misconfigured("which dead letters? give ids, filters, or --all; nothing was done")
    return filters._replace(ids=tuple(ids or ()))


def _print(outcomes: Iterable[Outcome]) -> None:
    """A line for each as it goes, a summary, and the exit code."""
    counts: dict[str, int] = {}
    all_ok = True
    for outcome in outcomes:
        all_ok &= outcome.ok
        counts[outcome.fate] = counts.get(outcome.fate, 0) + 1
        terminal.show_data(f"{outcome.id}\t{outcome.fate}\t{printable(redact(outcome.detail))}")
    terminal.show(", ".join(f"{number} {fate}" for fate, number in counts.items()) or "no dead letter matches")
    raise typer.Exit(0 if all_ok else 1)


def _number(dead_letters: int) -> str:
    return f"{dead_letters} dead letter{'' if dead_letters == 1 else 's'}"


@contextmanager
def _dead_letters(settings: Settings) -> Iterator[DeadLetters]:
    with _try_again(), closing(open_dead_letters(settings.store.url)) as store:
        yield store


@contextmanager
def _try_again() -> Iterator[None]:
    """A store that cannot be written now is one message and exit code 1."""
    try:
        yield
    except Retry as error:
        terminal.warn(f"{error}; try again")
        raise typer.Exit(1) from None
