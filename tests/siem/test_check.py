"""`claude-siem splunk|sentinel check`: one line for each part of the setup, an exit code, no change, in every SIEM."""

import json

from tests.cli.commands import claude_siem
from tests.siem.siems import SiemUnderTest


def test_the_command_prints_one_line_for_each_subject_and_exits_by_what_fails(siem: SiemUnderTest) -> None:
    optional = siem.remove_optional()
    done = claude_siem(siem.command, "check", "--config", siem.file())
    assert done.returncode == 0, "a warning does not fail"
    lines = done.stdout.splitlines()
    assert len(lines) == siem.subjects
    (line,) = (line for line in lines if not line.startswith("ok    "))
    assert line.startswith(f"warn  {optional}")
    required = siem.remove_required()
    done = claude_siem(siem.command, "check", "--json", "--config", siem.file())
    found = json.loads(done.stdout)
    assert (done.returncode, found["ok"]) == (1, False)
    assert [finding["subject"] for finding in found["findings"] if finding["level"] == "fails"] == [required]
    assert siem.credential[2] not in done.stdout + done.stderr


def test_an_error_before_the_checks_is_the_last_finding(siem: SiemUnderTest) -> None:
    message = siem.deny_first_request()
    done = claude_siem(siem.command, "check", "--config", siem.file())
    assert (done.returncode, done.stdout.splitlines()[-1]) == (1, f"FAIL  {siem.first}: {message}")


def test_nothing_is_changed_and_no_event_is_sent(siem: SiemUnderTest) -> None:
    assert claude_siem(siem.command, "check", "--config", siem.file()).returncode == 0
    assert (siem.changes(), siem.events()) == ([], [])
    assert siem.requests() > 8
