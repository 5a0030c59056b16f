"""A command in this process, which saves the start of one."""

from collections.abc import Iterable
from typing import NamedTuple

import typer
from typer.testing import CliRunner


class Said(NamedTuple):
    """What a command said, and its exit code."""

    returncode: int
    stdout: str
    stderr: str


def within(app: typer.Typer, secrets: Iterable[str], arguments: Iterable[object], typed: str = "") -> Said:
    """Run to the end, with `typed` at the keyboard. None of the secrets is in what it says."""
    done = CliRunner().invoke(app, [str(argument) for argument in arguments], input=typed)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert not any(secret in done.stdout + done.stderr for secret in secrets)
    return Said(done.exit_code, done.stdout, done.stderr)
