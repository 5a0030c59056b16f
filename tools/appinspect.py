"""Splunk AppInspect over an app's archive, and its report by tag.

Its exit status says nothing: it is 0 with failures too. The JSON report is read. `pylibmagic` brings the libmagic that
it needs.
"""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

RESULTS = ("success", "not_applicable", "warning", "failure", "error", "future_failure", "skipped")
COMPLAINTS = frozenset(RESULTS[2:])
ALL = "splunk_appinspect"
"""The tag that every check has."""
_RUN = "import pylibmagic, sys; from splunk_appinspect.main import execute; sys.exit(execute())"


class Check(NamedTuple):
    """One check and what came of it."""

    name: str
    tags: frozenset[str]
    result: str
    messages: tuple[str, ...]


class Report(NamedTuple):
    """What AppInspect says of one archive."""

    checks: tuple[Check, ...]

    def complaints(self) -> list[str]:
        """Every check that was not passed, with its messages."""
        return [f"{c.result} {c.name}: {'; '.join(c.messages)}" for c in self.checks if c.result in COMPLAINTS]

    def counts(self) -> dict[str, Counter[str]]:
        """How many checks had which result, by tag; those of all checks first."""
        tags = sorted({tag for check in self.checks for tag in check.tags}, key=lambda tag: (tag != ALL, tag))
        return {tag: Counter(check.result for check in self.checks if tag in check.tags) for tag in tags}

    def table(self) -> Iterator[str]:
        """The counts as lines, a tag each."""
        yield f"{'tag':<22}" + "".join(f"{result:>16}" for result in RESULTS)
        for tag, count in self.counts().items():
            yield f"{tag:<22}" + "".join(f"{count[result]:>16}" for result in RESULTS)


def inspect(archive: Path) -> Report:
    """All checks of all tags, in the mode for certification. Raises `RuntimeError` with what it says when it breaks."""
    with TemporaryDirectory() as folder:
        report = Path(folder, "report.json")
        options = ["--mode", "precert", "--data-format", "json", "--output-file", str(report)]
        command = [sys.executable, "-W", "ignore", "-c", _RUN, "inspect", str(archive), *options]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300)  # noqa: S603 (our own interpreter)
        if done.returncode or not report.exists():
            raise RuntimeError(f"AppInspect of {archive}: {done.stderr.strip() or done.stdout.strip()}")
        (inspected,) = json.loads(report.read_text())["reports"]
    return Report(tuple(_check(check) for group in inspected["groups"] for check in group["checks"]))


def _check(check: dict[str, Any]) -> Check:
    messages = tuple(str(message["message"]) for message in check["messages"])
    return Check(check["name"], frozenset(check["tags"]), check["result"], messages)
