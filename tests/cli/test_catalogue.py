"""The catalogue for reading."""

import subprocess
import sys


def test_the_catalogue_is_one_whole_line_a_type() -> None:
    done = subprocess.run([sys.executable, "-m", "forwarder", "catalogue"], capture_output=True, text=True, check=True)
    lines = [line.split("\t") for line in done.stdout.splitlines()]
    assert len(lines) >= 519
    assert {len(parts) for parts in lines} == {8}
    assert ["sso_login_succeeded", "3002"] in [parts[:2] for parts in lines]
