"""Containers of the image on a stage of their own: one loopback, one volume, no way out."""

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
PATIENCE = 60.0
STORE = "/var/lib/claude-siem"


class NotProven(Exception):
    """The image does not do what is promised; the text says what it did."""


class Stage(NamedTuple):
    """What the proofs share."""

    podman: Podman
    image: str
    folder: Path
    """With the settings file and the secrets that are mounted."""


def expect(name: str, value: object, promised: object) -> None:
    """Raises `NotProven` when a value is not what is promised."""
    if value != promised:
        raise NotProven(f"{name}: {value!r} instead of {promised!r}")


@contextmanager
def simulated(stage: Stage) -> Iterator[None]:
    """Anthropic's API on the loopback that the forwarder joins."""
    options = ("--detach", "--name=anthropic", "--network=none", *confinement(service("forwarder")))
    command = ("simulate", "--scenario=ordinary-month", "--port=9000", f"--count={ACTIVITIES}")
    stage.podman("run", *options, stage.image, *command)
    try:
        yield
    finally:
        stage.podman("rm", "--force", "--volumes", "--time=5", "anthropic")


@contextmanager
def running(stage: Stage) -> Iterator[None]:
    """The image's own command with the shipped settings; its log goes into what is raised."""
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
    except (NotProven, Failed) as error:
        log = stage.podman.attempt("logs", "forwarder")
        raise NotProven(f"{error}\n{log.stdout}{log.stderr}") from None
    finally:
        stage.podman("rm", "--force", "--time=5", "forwarder")


def _secrets(folder: Path) -> list[Path]:
    """As docs/container.md says: a file each, for the image's user only."""
    secrets = folder / "secrets"
    secrets.mkdir()
    file = secrets / "anthropic_compliance_key"
    file.write_text(COMPLIANCE_KEY)
    file.chmod(0o400)
    os.chown(file, USER, USER)
    return [file]


def wait(what: str, done: Callable[[], bool]) -> None:
    """Until it is so. Raises `NotProven` when patience ends."""
    deadline = time.monotonic() + PATIENCE
    while not done():
        if time.monotonic() > deadline:
            raise NotProven(f"not within {PATIENCE:.0f} s: {what}")
        time.sleep(0.5)


def stop(stage: Stage, name: str) -> tuple[float, int]:
    """As `docker stop` does: SIGTERM, and SIGKILL when the grace is over. Seconds and exit code."""
    began = time.monotonic()
    stage.podman("stop", f"--time={GRACE + 10:.0f}", name)
    seconds = time.monotonic() - began
    if seconds > GRACE:
        raise NotProven(f"the stop took {seconds:.1f} s")
    return seconds, int(stage.podman("inspect", "--format={{.State.ExitCode}}", name))
