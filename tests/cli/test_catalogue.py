"""`claude-siem catalogue`."""

import subprocess
import sys

import yaml

from forwarder.ocsf.feed.catalogue import entries


def test_the_catalogue_is_one_line_per_type() -> None:
    done = subprocess.run([sys.executable, "-m", "forwarder", "catalogue"], capture_output=True, text=True, check=True)
    lines = [line.split("\t") for line in done.stdout.splitlines()]
    assert {parts[0] for parts in lines} == entries().keys()
    assert {len(parts) for parts in lines} == {15}
    failed = next(parts for parts in lines if parts[0] == "sso_login_failed")
    assert failed[1:10] == [
        *("A single sign-on failed", "sign-in", "3002", "Authentication", "Logon", "Session", "Low"),
        *("attempt failed", "Failure"),
    ]
    assert "off-hours/off-hours-activity" in failed[-1].split()


def test_a_named_type_is_shown_in_full_whether_known_or_unknown() -> None:
    command = [sys.executable, "-m", "forwarder", "catalogue", "org_sso_toggled", "org_sso_quux_toggled"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    known, unknown = yaml.safe_load_all(done.stdout)
    assert known["entry"]["by"]["enabled"][False]["risk"] == "control weakened"
    assert (unknown["class_uid"], unknown["activity"], unknown["theme"]) == (3004, "Update", "single-sign-on")
    assert "by its name" in unknown["entry"]
