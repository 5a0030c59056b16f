"""`claude-siem archive`: prove that nothing is missing from an archive."""

import json
import re
from pathlib import Path
from typing import Annotated

import typer

from forwarder.sinks.archive import VerificationReport, verify

app = typer.Typer(help="Prove that nothing is missing from an archive.", no_args_is_help=True)


def _hash(text: str) -> str:
    if not re.fullmatch(r"[0-9a-fA-F]{64}", text):
        raise typer.BadParameter("a hash has 64 hexadecimal digits, as archive_head in the forwarder's health events")
    return text.lower()


@app.command("verify")
def verify_archive(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The archive's folder (sinks.archive.path).")],
    head: Annotated[
        str | None,
        typer.Option(metavar="HASH", parser=_hash, help="A hash that the SIEM holds: archive_head of a health event."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Check every line, part and day of an archive, and where it ends; name what is changed or missing.

    With --head also that nothing was cut off behind the line that the SIEM knows. Exit code: 0 intact, 1 broken.
    """
    report = verify(folder, head)
    typer.echo(_json(report) if as_json else _text(report))
    raise typer.Exit(0 if report.intact else 1)


def _text(report: VerificationReport) -> str:
    told = [f"FAIL  {fault}" for fault in report.faults] + [f"note  {note}" for note in report.notes]
    return "\n".join([*told, _summary(report)])


def _summary(report: VerificationReport) -> str:
    verdict = "intact" if report.intact else f"BROKEN, {_count(len(report.faults) + report.more_faults, 'fault')}"
    if report.more_faults:
        verdict += f" (the first {len(report.faults)} are shown)"
    counted = ", ".join((_count(report.days, "day"), _count(report.parts, "part"), _count(report.lines, "line")))
    summary = f"{verdict}: {counted}"
    if report.first and report.last:
        first, last = report.first, report.last
        summary += f"; first hash {first.hash} (seq {first.seq}), last hash {last.hash} (seq {last.seq})"
    return summary


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _json(report: VerificationReport) -> str:
    faults = [
        {"file": fault.place.file, "line": fault.place.line, "seq": fault.seq, "problem": fault.problem}
        for fault in report.faults
    ]
    ends = {name: link._asdict() if link else None for name, link in (("first", report.first), ("last", report.last))}
    counted = {"days": report.days, "parts": report.parts, "lines": report.lines}
    more = {"untold": report.more_faults, "notes": report.notes}
    return json.dumps({"intact": report.intact, **counted, **ends, "faults": faults, **more})
