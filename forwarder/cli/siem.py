"""What the commands for every SIEM share: options, the choice of the sink, `check` and `verify`.

The commands of a SIEM, such as `splunk.py`, hand in their connection, their checks and their `RuleEngine`.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from typing import Annotated, NoReturn, TypeVar

import typer

from forwarder.cli import terminal
from forwarder.cli.screen import screen
from forwarder.cli.verification_table import lines_of, summary_of
from forwarder.errors import ForwarderError, Misconfigured
from forwarder.settings import Settings
from forwarder.siem.check import SiemFinding, failure
from forwarder.siem.results import VerifyReport
from forwarder.siem.test_cases import bundled_test_cases
from forwarder.siem.verify import RuleEngine, RuleVerification
from forwarder.sinks import SINKS, SinkSettings

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
SinkName = Annotated[str | None, typer.Option("--sink", help="Name of the sink, if the settings have several.")]
RulePatterns = Annotated[
    list[str] | None, typer.Option("--rule", help="Only the rules with this name; * is a wildcard.")
]
WaitSeconds = Annotated[
    float, typer.Option(min=1, metavar="SECONDS", help="Time limit for events to become searchable.")
]
ShowProgress = Annotated[bool, typer.Option(help="Show progress.")]
_LABELS = {"ok": "ok  ", "warning": "warn", "fails": "FAIL"}
SiemSettings = TypeVar("SiemSettings", bound=SinkSettings)
Connection = TypeVar("Connection")


def chosen_sink(settings: Settings, kind: type[SiemSettings], name: str | None) -> tuple[str, SiemSettings]:
    """The sink with these settings and name, or the only one with these settings. Raises `Misconfigured`."""
    title = next(entry.title for entry in SINKS.values() if entry.settings is kind)
    sinks = {key: sink for key, sink in settings.sinks.items() if isinstance(sink, kind)}
    names = ", ".join(sinks) or "none"
    if name is None and len(sinks) != 1:
        raise Misconfigured(f"--sink: name one of the {title} sinks; the settings have {names}")
    chosen_name = name or next(iter(sinks))
    if chosen_name not in sinks:
        raise Misconfigured(f"--sink {chosen_name}: no {title} sink has this name; the settings have {names}")
    return chosen_name, sinks[chosen_name]


def run_check(
    connection: AbstractContextManager[Connection],
    check: Callable[[Connection], Iterator[SiemFinding]],
    subject: str,
    as_json: bool,
) -> NoReturn:
    """Print the findings; exit code 1 if one fails. `subject` is that of an error before the checks."""
    findings = list(_findings(connection, check, subject))
    passed = not any_failed(findings)
    if as_json:
        terminal.show_json({"ok": passed, "findings": [finding._asdict() for finding in findings]})
    else:
        terminal.show(*map(_line, findings))
    raise typer.Exit(0 if passed else 1)


def _findings(
    connection: AbstractContextManager[Connection], check: Callable[[Connection], Iterator[SiemFinding]], subject: str
) -> Iterator[SiemFinding]:
    try:
        with connection as connected:
            yield from check(connected)
    except ForwarderError as error:
        yield failure(subject, str(error))


def any_failed(findings: Sequence[SiemFinding]) -> bool:
    """Whether a finding fails the command."""
    return any(finding.level == "fails" for finding in findings)


def print_findings(findings: Iterator[SiemFinding], as_json: bool) -> list[SiemFinding]:
    """The findings, each printed as it arrives unless they become part of one object."""
    found = []
    for finding in findings:
        found.append(finding)
        if not as_json:
            terminal.show(_line(finding))
    return found


def verify_rules(engine: RuleEngine, rules: Sequence[str], wait: float, progress: bool) -> VerifyReport:
    """Verify the rules, with progress on stderr. Raises as `RuleVerification.run`."""
    with closing(screen(progress)) as shown:
        return RuleVerification(engine, bundled_test_cases(), wait, shown.show).run(rules)


def print_report(report: VerifyReport, findings: Sequence[SiemFinding], as_json: bool) -> NoReturn:
    """Print the report; exit code 1 if a rule is not verified or a finding, from before the run, fails."""
    passed = report.verified and not any_failed(findings)
    if as_json:
        listed = [finding._asdict() for finding in findings]
        terminal.show_json({"ok": passed, **summary_of(report), "findings": listed})
    else:
        terminal.show(*lines_of(report))
    raise typer.Exit(0 if passed else 1)


@contextmanager
def one_line_errors() -> Iterator[None]:
    """An error that ends the command is one line on stderr and exit code 1."""
    try:
        yield
    except ForwarderError as error:
        terminal.warn(*error.lines)
        raise typer.Exit(1) from None


def _line(finding: SiemFinding) -> str:
    return f"{_LABELS[finding.level]}  {finding.subject}: {finding.text}"
