"""Runs containers of the image with a shared loopback and volume, and without other networks."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from forwarder.simulator import COMPLIANCE_KEY
from tools.image_test.compose import confinement, service
from tools.image_test.podman import Failed, Podman

USER = 10001
GRACE = 20.0
"""Seconds that a stop may take."""
ACTIVITIES = 500
TIMEOUT = 60.0
STORE = "/var/lib/claude-siem"


class CheckFailed(Exception):
    """The image does not behave as expected; the message says how."""


class Stage(NamedTuple):
    """The image under test."""

    podman: Podman
    image: str
    folder: Path
    """Has the settings file and the secrets that are mounted."""


def expect(name: str, value: object, expected: object) -> None:
    """Raises `CheckFailed` when a value is not the expected one."""
    if value != expected:
        raise CheckFailed(f"{name}: {value!r} instead of {expected!r}")


@contextmanager
def simulated(stage: Stage) -> Iterator[None]:
    """The simulator of Anthropic's API, on the loopback that the forwarder shares."""
    options = ("--detach", "--name=anthropic", "--network=none", *confinement(service("forwarder")))
    command = ("simulate", "--scenario=ordinary-month", "--port=9000", f"--count={ACTIVITIES}")
    stage.podman("run", *options, stage.image, *command)
    try:
        yield
    finally:
        stage.podman("rm", "--force", "--volumes", "--time=5", "anthropic")


@contextmanager
def running(stage: Stage) -> Iterator[None]:
    """The default command with the shipped settings. Adds the log to a raised `CheckFailed`."""
    secrets = [f"--volume={file}:/run/secrets/{file.name}:ro" for file in _secrets(stage.folder)]
    settings = f"--volume={stage.folder}/claude-siem.yaml:/etc/claude-siem/claude-siem.yaml:ro"
    overlay = {
        "ANTHROPIC__BASE_URL": "http://127.0.0.1:9000",
        "SOURCES__ACTIVITIES__START": "31d",
        "SINKS__SPLUNK__ENABLED": "false",
        "SINKS__ARCHIVE__ENABLED": "true",
    }
    environment = [f"--env=CLAUDE_SIEM__{name}={value}" for name, value in overlay.items()]
    options = ("--detach", "--name=forwarder", "--network=container:anthropic", *confinement(service("forwarder")))
    stage.podman("run", *options, f"--volume=store:{STORE}", settings, *secrets, *environment, stage.image)
    try:
        yield
    except (CheckFailed, Failed) as error:
        log = stage.podman.attempt("logs", "forwarder")
        raise CheckFailed(f"{error}\n{log.stdout}{log.stderr}") from None
    finally:
        stage.podman("rm", "--force", "--time=5", "forwarder")


def _secrets(folder: Path) -> list[Path]:
    """One file per secret, readable by the user of the image only, as in docs/container.md."""
    secrets = folder / "secrets"
    secrets.mkdir()
    file = secrets / "anthropic_compliance_key"
    file.write_text(COMPLIANCE_KEY)
    file.chmod(0o400)
    os.chown(file, USER, USER)
    return [file]


def wait(what: str, done: Callable[[], bool]) -> None:
    """Wait until `done`. Raises `CheckFailed` after `TIMEOUT` seconds."""
    deadline = time.monotonic() + TIMEOUT
    while not done():
        if time.monotonic() > deadline:
            raise CheckFailed(f"not within {TIMEOUT:.0f} s: {what}")
        time.sleep(0.5)


def stop(stage: Stage, name: str) -> tuple[float, int]:
    """Stop as `docker stop` does: SIGTERM, then SIGKILL. Returns seconds and exit code."""
    started = time.monotonic()
    stage.podman("stop", f"--time={GRACE + 10:.0f}", name)
    seconds = time.monotonic() - started
    if seconds > GRACE:
        raise CheckFailed(f"the stop took {seconds:.1f} s")
    return seconds, int(stage.podman("inspect", "--format={{.State.ExitCode}}", name))
