"""`claude-siem archive`: verify that an archive is complete and unchanged."""

import re
from pathlib import Path
from typing import Annotated, Any

import typer

from forwarder.cli import terminal
from forwarder.sinks.archive import VerificationReport, verify

app = typer.Typer(help="Verify that an archive is complete and unchanged.", no_args_is_help=True)


def _hash(text: str) -> str:
    if not re.fullmatch(r"[0-9a-fA-F]{64}", text):
        raise typer.BadParameter(f"{text!r} is not a hash of 64 hexadecimal digits; use archive_head of a health event")
    return text.lower()


@app.command("verify")
def verify_archive(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder of the archive (sinks.archive.path).")],
    head: Annotated[
        str | None,
        typer.Option(metavar="HASH", parser=_hash, help="A hash from the SIEM: archive_head of a health event."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Verify the hash chain of an archive and report every changed or missing line, part and day.

    With --head, also verify that the archive contains this hash, so that nothing was cut off at its end.

    Exit code: 0 intact, 1 broken.
    """
    report = verify(folder, head)
    if as_json:
        terminal.show_json(_json(report))
    else:
        terminal.show(*_text(report))
    raise typer.Exit(0 if report.intact else 1)


def _text(report: VerificationReport) -> list[str]:
    lines = [f"FAIL  {fault}" for fault in report.faults] + [f"note  {note}" for note in report.notes]
    return [*lines, _summary(report)]


def _summary(report: VerificationReport) -> str:
    verdict = "intact" if report.intact else f"BROKEN, {_count(len(report.faults) + report.more_faults, 'fault')}"
    if report.more_faults:
        verdict += f" (the first {len(report.faults)} are shown)"
    counts = ", ".join((_count(report.days, "day"), _count(report.parts, "part"), _count(report.lines, "line")))
    summary = f"{verdict}: {counts}"
    if report.first and report.last:
        first, last = report.first, report.last
        summary += f"; first hash {first.hash} (seq {first.seq}), last hash {last.hash} (seq {last.seq})"
    return summary


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _json(report: VerificationReport) -> dict[str, Any]:
    faults = [
        {"file": fault.place.file, "line": fault.place.line, "seq": fault.seq, "problem": fault.problem}
        for fault in report.faults
    ]
    ends = {name: link._asdict() if link else None for name, link in (("first", report.first), ("last", report.last))}
    counts = {"days": report.days, "parts": report.parts, "lines": report.lines}
    more = {"more_faults": report.more_faults, "notes": report.notes}
    return {"intact": report.intact, **counts, **ends, "faults": faults, **more}
