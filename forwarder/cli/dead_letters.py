"""`claude-siem dead-letters`: what was refused, by whom and why; put back, dropped. Safe beside a running service."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from typing import Annotated

import typer

from forwarder.cli import letter_lines
from forwarder.cli.letter_lines import COLUMNS, plain
from forwarder.cli.options import ConfigFile, LogFormat
from forwarder.cli.run import stop_on_signals
from forwarder.errors import Misconfigured, Retry
from forwarder.pipeline.portions import put_back_in_portions
from forwarder.pipeline.replay import Outcome
from forwarder.pipeline.resend import send_now
from forwarder.settings import Settings, load_settings
from forwarder.status import start_log
from forwarder.store.dead_letters import Choice
from forwarder.store.letter_box import LetterBox

app = typer.Typer(help="Look at what was refused, send it again, or drop it.", no_args_is_help=True)

Ids = Annotated[list[int] | None, typer.Argument(metavar="[ID]...", help="Letters by id, as `list` shows them.")]
SomeIds = Annotated[list[int], typer.Argument(metavar="ID...", help="Letters by id, as `list` shows them.")]
OfSink = Annotated[str | None, typer.Option("--sink", help="Only what this sink refused.")]
OfSource = Annotated[str | None, typer.Option("--source", help="Only what came from this source.")]
OfReason = Annotated[str | None, typer.Option("--reason", help="Only what was refused for this reason.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
All = Annotated[bool, typer.Option("--all", help="All letters, or all that the filters leave.")]


@app.command("list")
def list_letters(
    config: ConfigFile, sink: OfSink = None, source: OfSource = None, reason: OfReason = None, as_json: AsJson = False
) -> None:
    """Print one line a letter, whole: id, when, source, refused by, reason, the source's id, detail."""
    if sys.stdout.isatty() and not as_json:
        typer.echo("\t".join(COLUMNS))
    with _box(load_settings(config)) as box:
        for kept in box.read(box.chosen(Choice((), sink, source, reason))):
            typer.echo(letter_lines.json_line(kept) if as_json else letter_lines.line(kept))


@app.command("show")
def show(config: ConfigFile, ids: SomeIds, as_json: AsJson = False) -> None:
    """Print everything of a letter, with the bytes that were refused."""
    with _box(load_settings(config)) as box:
        pages = [
            letter_lines.json_line(kept, body=True) if as_json else letter_lines.page(kept)
            for kept in box.read(box.chosen(Choice(tuple(ids))))
        ]
    typer.echo(("\n" if as_json else "\n\n").join(pages))


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
) -> None:
    """Put letters back into the store, for the running service to send.

    Exit code: 0 all well, 1 something of it remains (kept in the store), 2 nothing was done.
    """
    settings = load_settings(config)
    choice = _choice(ids, everything, Choice((), sink, source, reason))
    if now:
        start_log(log_format)
        with _said():
            _tell(send_now(settings, choice, stop_on_signals()))
        return
    with _box(settings) as box:
        _tell(put_back_in_portions(box, box.chosen(choice), list(settings.enabled_sinks())))


@app.command("drop")
def drop(
    config: ConfigFile,
    ids: Ids = None,
    everything: All = False,
    yes: Annotated[bool, typer.Option("--yes", help="With --all: they are not asked for again.")] = False,
    sink: OfSink = None,
    source: OfSource = None,
    reason: OfReason = None,
) -> None:
    """Remove letters for good, and say which."""
    choice = _choice(ids, everything, Choice((), sink, source, reason))
    if not choice.ids and not everything:
        raise Misconfigured("drop removes for good: name the ids, or say --all --yes beside the filters")
    with _box(load_settings(config)) as box:
        numbers = box.chosen(choice)
        if not choice.ids and not yes:
            raise Misconfigured(f"{_number(len(numbers))} would be dropped for good: say --yes; nothing was done")
        dropped = 0
        for kept in box.read(numbers):
            if box.drop(kept.id):
                dropped += 1
                typer.echo(letter_lines.line(kept))
        typer.echo(f"{_number(dropped)} dropped")


def _choice(ids: list[int] | None, everything: bool, filters: Choice) -> Choice:
    """Raises `Misconfigured` when it is not said, or said twice, which letters are meant."""
    filtered = filters != Choice()
    if ids and (everything or filtered):
        raise Misconfigured("give ids, or --all and filters, not both; nothing was done")
    if not (ids or everything or filtered):
        raise Misconfigured("which letters? give ids, filters, or --all; nothing was done")
    return filters._replace(ids=tuple(ids or ()))


def _tell(outcomes: Iterable[Outcome]) -> None:
    """A line a letter as it goes, a summary, and the exit code."""
    counts: dict[str, int] = {}
    well = True
    for outcome in outcomes:
        well &= outcome.well
        counts[outcome.fate] = counts.get(outcome.fate, 0) + 1
        typer.echo(f"{outcome.id}\t{outcome.fate}\t{plain(outcome.detail)}")
    typer.echo(", ".join(f"{number} {fate}" for fate, number in counts.items()) or "no letter is meant")
    raise typer.Exit(0 if well else 1)


def _number(dead_letters: int) -> str:
    return f"{dead_letters} dead letter{'' if dead_letters == 1 else 's'}"


@contextmanager
def _box(settings: Settings) -> Iterator[LetterBox]:
    with _said(), closing(LetterBox(settings.store.path)) as box:
        yield box


@contextmanager
def _said() -> Iterator[None]:
    """A store that has no room for us is one message and exit code 1."""
    try:
        yield
    except Retry as error:
        typer.echo(f"{error}; try again", err=True)
        raise typer.Exit(1) from None
