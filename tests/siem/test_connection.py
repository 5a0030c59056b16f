"""How the commands of every SIEM are configured: settings, the environment, and the extra that they need."""

import subprocess
import sys
from typing import Any

from tests.cli.commands import claude_siem
from tests.siem.siems import SiemUnderTest


def test_a_wrong_configuration_is_exit_code_2(siem: SiemUnderTest) -> None:
    done = claude_siem(siem.command, "check", "--config", siem.file(**{siem.address: None}))
    assert (done.returncode, done.stdout) == (2, "")
    assert f"sinks.{siem.command}.{siem.address.replace('__', '.')} is not set: set " in done.stderr
    done = claude_siem(siem.command, "check", "--config", siem.file(), "--sink", "other")
    assert (done.returncode, f"--sink other: no {siem.title} sink has this name" in done.stderr) == (2, True)


def test_the_credential_may_be_in_the_environment(siem: SiemUnderTest) -> None:
    setting, variable, value = siem.credential
    environment: dict[str, Any] = {variable: value}
    done = claude_siem(siem.command, "check", "--config", siem.file(**{setting: None}), **environment)
    assert done.returncode == 0
    assert all(line.startswith("ok    ") for line in done.stdout.splitlines())
    assert value not in done.stdout + done.stderr


def test_without_the_extra_the_command_names_it_and_help_works(siem: SiemUnderTest) -> None:
    hidden = f"import sys; sys.modules['{siem.extra}'] = None; from forwarder.cli import main; main()"
    for arguments, code, words in (
        (["check", "--config", str(siem.file())], 2, f"pip install 'claude-siem[{siem.command}]'"),
        (["--help"], 0, "Check, set up and verify"),
    ):
        done = subprocess.run(
            [sys.executable, "-c", hidden, siem.command, *arguments], capture_output=True, text=True, check=False
        )
        assert (done.returncode, words in done.stdout + done.stderr) == (code, True), done.stderr
