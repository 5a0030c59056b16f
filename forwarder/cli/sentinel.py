"""`claude-siem sentinel`: check whether a workspace is ready for the events, write a deployment, verify the rules."""

from pathlib import Path
from typing import Annotated

import typer

from forwarder.azure.check import check as check_azure
from forwarder.azure.connection import Azure
from forwarder.azure.deployment import preview
from forwarder.azure.engine import SentinelRuleEngine
from forwarder.azure.package import SolutionPackage, commands
from forwarder.cli import siem, terminal
from forwarder.cli.options import ConfigFile
from forwarder.printable import printable
from forwarder.settings import load_settings
from forwarder.siem.test_cases import BundledTestCases, bundled_test_cases
from forwarder.sinks.sentinel import SentinelSettings

app = typer.Typer(help="Check, set up and verify a Microsoft Sentinel workspace.", no_args_is_help=True)


@app.command("check")
def check(config: ConfigFile, sink: siem.SinkName = None, as_json: siem.AsJson = False) -> None:
    """Check the setup: one line for each part, with the fix where something is missing. Changes nothing.

    Exit code: 0 nothing fails, 1 something fails, 2 wrong configuration.
    """
    siem.run_check(
        Azure(*siem.chosen_sink(load_settings(config), SentinelSettings, sink)), check_azure, "Azure", as_json
    )


@app.command("package")
def package(
    output: Annotated[Path, typer.Option("--output", metavar="DIR", help="Folder for the files.")],
    config: Annotated[
        Path | None, typer.Option("--config", help="The settings file; its values are filled in.")
    ] = None,
    sink: siem.SinkName = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite changed files of these names.")] = False,
) -> None:
    """Write this version's solution for Microsoft Sentinel into a folder, and print the commands that deploy it.

    Works offline. Exit code: 0 written, 2 wrong configuration or a folder with other files.
    """
    settings = siem.chosen_sink(load_settings(config), SentinelSettings, sink)[1] if config else None
    written = SolutionPackage(output, settings).write(force)
    terminal.show(f"{written} files written to {output}", "", *commands(output, settings))


@app.command("verify")
def verify(
    config: ConfigFile,
    sink: siem.SinkName = None,
    only: siem.RulePatterns = None,
    wait: siem.WaitSeconds = 900,
    yes: Annotated[bool, typer.Option("--yes", help="Send without confirmation.")] = False,
    as_json: siem.AsJson = False,
    progress: siem.ShowProgress = True,
) -> None:
    """Verify the rules in this workspace: Azure parses them and runs them over their test cases.

    First prints what a deployment of this version would change. Sends made-up events of April 2026 into the sink's own
    tables, which no rule looks back to, and changes nothing else.

    Exit code: 0 every test case agreed, 1 one disagreed or was inconclusive, 2 wrong configuration.
    """
    name, settings = siem.chosen_sink(load_settings(config), SentinelSettings, sink)
    test_cases = bundled_test_cases()
    rules = test_cases.select(only or [])
    if as_json and not yes:
        raise typer.BadParameter("does not ask for confirmation, so it needs --yes", param_hint="--json")
    azure = Azure(name, settings)
    with siem.one_line_errors(), azure:
        findings = siem.print_findings(preview(azure), as_json)
        if not yes:
            _confirm(azure, test_cases, rules)
        report = siem.verify_rules(SentinelRuleEngine.connect(azure, test_cases.now), rules, wait, progress)
    siem.print_report(report, findings, as_json)


def _confirm(azure: Azure, test_cases: BundledTestCases, rules: list[str]) -> None:
    """Ask before made-up rows are stored beside real ones. Exit code 1 without a yes."""
    rows = sum(len(case.events) for rule in rules for case in test_cases.runnable(rule))
    text = f"{rows:,} made-up rows will be stored in the tables of {azure.workspace.name} until they expire. Continue?"
    typer.confirm(printable(text), abort=True, err=True)
