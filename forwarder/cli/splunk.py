"""`claude-siem splunk`: is a Splunk ready for the events, make it so, prove the rules there."""

import json
import re
from pathlib import Path
from typing import Annotated, Any

import typer

from forwarder.cli.options import ConfigFile
from forwarder.cli.proof_tables import lines_of, summary_of
from forwarder.cli.screen import screen
from forwarder.cli.siem import AsJson, chosen_sink, tell_findings, told_in_a_line
from forwarder.settings import load_settings
from forwarder.siem.stories import stories
from forwarder.sinks.splunk import SplunkSettings
from forwarder.splunkd import APP
from forwarder.splunkd.check import check as ask_everything
from forwarder.splunkd.cloud import acs_steps
from forwarder.splunkd.connection import Splunkd
from forwarder.splunkd.install import Wishes, index_names, plan
from forwarder.splunkd.server import ask_server
from forwarder.splunkd.shipped import shipped
from forwarder.splunkd.steps import take
from forwarder.splunkd.token_steps import wanted_token
from forwarder.splunkd.verify import Verification

app = typer.Typer(help="Check, prepare and prove a Splunk by its management port.", no_args_is_help=True)

SinkName = Annotated[str | None, typer.Option("--sink", help="Which Splunk sink, where the settings have several.")]
_INDEX = re.compile(r"[a-z0-9_][a-z0-9_-]*")


def _index_name(text: str) -> str:
    if not _INDEX.fullmatch(text):
        raise typer.BadParameter("an index's name has small letters, digits, _ and -")
    return text


@app.command("check")
def check(config: ConfigFile, sink: SinkName = None, as_json: AsJson = False) -> None:
    """Say in one line each what is there, what is missing and how to mend it. Changes nothing.

    Exit code: 0 nothing fails, 1 something does, 2 wrong configuration.
    """
    name, settings = chosen_sink(load_settings(config), SplunkSettings, sink)
    with Splunkd(name, settings) as splunkd:
        good = tell_findings(ask_everything(splunkd, name, settings, shipped()), "splunkd", as_json)
    raise typer.Exit(0 if good else 1)


@app.command("install")
def install(
    config: ConfigFile,
    sink: SinkName = None,
    package: Annotated[
        str | None, typer.Option(metavar="PATH", help="The app's package, where splunkd's own host has it.")
    ] = None,
    token_name: Annotated[str, typer.Option(help="Name of the HEC token.")] = APP,
    token_file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where a new token is written; else: the settings' token_file.")
    ] = None,
    show_token: Annotated[bool, typer.Option("--show-token", help="Print the token.")] = False,
    verify_index: Annotated[
        str | None, typer.Option(metavar="NAME", help="Make this index too, for `splunk verify`.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, change nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make the indexes, HEC and its token, and install the app; what is there already is left alone.

    Splunk Cloud is changed by Splunk's Admin Config Service only: its commands are printed.

    Exit code: 0 done, or nothing to do, 1 something failed or has to be done by hand, 2 wrong configuration.
    """
    name, settings = chosen_sink(load_settings(config), SplunkSettings, sink)
    names = index_names(settings, verify_index)
    wanted = wanted_token(name, settings, token_name, names, token_file, show_token)
    with told_in_a_line(), Splunkd(name, settings) as splunkd:
        server = ask_server(splunkd)
        if server.cloud:
            _tell_cloud(acs_steps(names, token_name, package), as_json)
            return
        taken = []
        for step in take(plan(splunkd, server, Wishes(wanted, package)), dry_run):
            taken.append(step)
            if not as_json:
                typer.echo(f"{step.state:<9}  {step.subject}: {step.text}")
    good = all(step.state not in ("failed", "advice") for step in taken)
    shown = wanted.outlet.shown or []
    if as_json:
        told: dict[str, Any] = {"ok": good, "steps": [step._asdict() for step in taken]}
        typer.echo(json.dumps(told | ({"token": shown[0]} if shown else {})))
    else:
        typer.echo(_last_word([step.state for step in taken]))
        for value in shown:
            typer.echo(f"HEC token: {value}")
    raise typer.Exit(0 if good else 1)


@app.command("verify")
def verify(
    config: ConfigFile,
    sink: SinkName = None,
    index: Annotated[
        str, typer.Option(parser=_index_name, metavar="NAME", help="Where the stories' events go: one of their own.")
    ] = "claude_verify",
    only: Annotated[
        list[str] | None, typer.Option("--rule", help="Only rules of this name; * stands for anything.")
    ] = None,
    wait: Annotated[
        float, typer.Option(min=1, metavar="SECONDS", help="How long events may take to become searchable.")
    ] = 300,
    as_json: AsJson = False,
    progress: Annotated[bool, typer.Option(help="Show progress.")] = True,
) -> None:
    """Prove the rules on this Splunk: parsed by its parser, run over their stories by its search head.

    Sends made-up events of April 2026 into --index by HEC, and nothing anywhere else.

    Exit code: 0 every story agreed, 1 one did not or could not be judged, 2 wrong configuration.
    """
    name, settings = chosen_sink(load_settings(config), SplunkSettings, sink)
    rules = stories().chosen(only or [])
    shown = screen(progress)
    try:
        with told_in_a_line(), Splunkd(name, settings) as splunkd:
            report = Verification(splunkd, name, settings, shipped(), stories(), index, wait, shown.show).report(rules)
    finally:
        shown.close()
    if as_json:
        typer.echo(json.dumps(summary_of(report)))
    else:
        for line in lines_of(report):
            typer.echo(line)
    raise typer.Exit(0 if report.good else 1)


def _tell_cloud(steps: list[str], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({"ok": True, "cloud": True, "steps": steps}))
    else:
        typer.echo("Splunk Cloud: nothing was changed. With Splunk's ACS command line (github.com/splunk/acs-cli):\n")
        typer.echo("\n".join(steps))


def _last_word(states: list[str]) -> str:
    changed, planned = states.count("changed"), states.count("planned")
    if planned:
        return f"{planned} to be changed; nothing was done"
    return f"{changed} changed" if changed else "nothing was changed"
