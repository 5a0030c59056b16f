"""`claude-siem splunk`: check whether a Splunk is ready for the events, set it up, verify the rules there."""

import re
from pathlib import Path
from typing import Annotated, Any

import typer

from forwarder.cli import siem, terminal
from forwarder.cli.options import ConfigFile
from forwarder.redaction import redact_all
from forwarder.settings import load_settings
from forwarder.siem.test_cases import bundled_test_cases
from forwarder.sinks.splunk import SplunkSettings
from forwarder.splunkd import APP
from forwarder.splunkd.check import check as check_splunk
from forwarder.splunkd.connection import Splunkd
from forwarder.splunkd.engine import SplunkRuleEngine
from forwarder.splunkd.install import InstallRequest, cloud_commands, index_names, plan
from forwarder.splunkd.server import read_server
from forwarder.splunkd.steps import StepResult, apply_steps
from forwarder.splunkd.token_steps import token_request

app = typer.Typer(help="Check, set up and verify a Splunk through its management port.", no_args_is_help=True)

_INDEX = re.compile(r"[a-z0-9_][a-z0-9_-]*")


def _index_name(text: str) -> str:
    if not _INDEX.fullmatch(text):
        raise typer.BadParameter("the name of an index has lower-case letters, digits, _ and -")
    return text


@app.command("check")
def check(config: ConfigFile, sink: siem.SinkName = None, as_json: siem.AsJson = False) -> None:
    """Check the setup: one line for each part, with the fix where something is missing. Changes nothing.

    Exit code: 0 nothing fails, 1 something fails, 2 wrong configuration.
    """
    name, settings = siem.chosen_sink(load_settings(config), SplunkSettings, sink)
    siem.run_check(Splunkd(name, settings), lambda splunkd: check_splunk(splunkd, name, settings), "splunkd", as_json)


@app.command("install")
def install(
    config: ConfigFile,
    sink: siem.SinkName = None,
    package: Annotated[
        str | None, typer.Option(metavar="PATH", help="The app's package, by its path on the host of splunkd.")
    ] = None,
    token_name: Annotated[str, typer.Option(help="Name of the HEC token.")] = APP,
    token_file: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="File for a new token; without it, the token_file of the settings."),
    ] = None,
    show_token: Annotated[bool, typer.Option("--show-token", help="Print the token.")] = False,
    verify_index: Annotated[
        str | None, typer.Option(metavar="NAME", help="Also create this index, for `splunk verify`.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the steps, change nothing.")] = False,
    as_json: siem.AsJson = False,
) -> None:
    """Create the indexes, HEC and its token, and install the app; what already exists is left unchanged.

    Splunk Cloud is changed by Splunk's Admin Config Service only: its commands are printed.

    Exit code: 0 done or nothing to do, 1 something failed or must be done by hand, 2 wrong configuration.
    """
    name, settings = siem.chosen_sink(load_settings(config), SplunkSettings, sink)
    names = index_names(settings, verify_index)
    token = token_request(name, settings, token_name, names, token_file, show_token)
    splunkd = Splunkd(name, settings)
    with siem.one_line_errors(), splunkd:
        server = read_server(splunkd)
        if server.cloud:
            _print_cloud(cloud_commands(names, token_name, package), as_json)
            return
        results = []
        for result in apply_steps(plan(splunkd, server, InstallRequest(token, package)), dry_run):
            results.append(result)
            if not as_json:
                terminal.show(f"{result.state:<9}  {result.subject}: {result.text}")
    done = all(result.state not in ("failed", "advice") for result in results)
    _print_outcome(done, results, token.destination.shown or [], as_json)
    raise typer.Exit(0 if done else 1)


@app.command("verify")
def verify(
    config: ConfigFile,
    sink: siem.SinkName = None,
    index: Annotated[
        str, typer.Option(parser=_index_name, metavar="NAME", help="A separate index for the test cases' events.")
    ] = "claude_verify",
    only: siem.RulePatterns = None,
    wait: siem.WaitSeconds = 300,
    as_json: siem.AsJson = False,
    progress: siem.ShowProgress = True,
) -> None:
    """Verify the rules on this Splunk: its parser reads them, its search head runs them over their test cases.

    Sends made-up events of April 2026 through HEC into --index, and nothing anywhere else.

    Exit code: 0 every test case agreed, 1 one disagreed or was inconclusive, 2 wrong configuration.
    """
    name, settings = siem.chosen_sink(load_settings(config), SplunkSettings, sink)
    test_cases = bundled_test_cases()
    rules = test_cases.select(only or [])
    splunkd = Splunkd(name, settings)
    with siem.one_line_errors(), splunkd:
        engine = SplunkRuleEngine.connect(splunkd, name, settings, index, test_cases.now)
        report = siem.verify_rules(engine, rules, wait, progress)
    siem.print_report(report, [], as_json)


def _print_cloud(commands: list[str], as_json: bool) -> None:
    if as_json:
        terminal.show_json({"ok": True, "cloud": True, "steps": commands})
    else:
        opening = "Splunk Cloud: nothing was changed. With Splunk's ACS command line (github.com/splunk/acs-cli):"
        terminal.show(opening, "", *commands)


def _print_outcome(done: bool, results: list[StepResult], tokens: list[str], as_json: bool) -> None:
    if as_json:
        summary: dict[str, Any] = {"ok": done, "steps": [result._asdict() for result in results]}
        terminal.show_data(terminal.encoded(redact_all(summary) | ({"token": tokens[0]} if tokens else {})))
        return
    terminal.show(_totals([result.state for result in results]))
    for value in tokens:
        terminal.show_data(f"HEC token: {value}")


def _totals(states: list[str]) -> str:
    changed, planned = states.count("changed"), states.count("planned")
    if planned:
        return f"{planned} to be changed; nothing was changed"
    return f"{changed} changed" if changed else "nothing was changed"
