"""The checks of the image, in this order. Each returns a summary, or raises `CheckFailed`."""

import json
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

from tools.image_test.compose import confinement, service
from tools.image_test.probe import delivered, expect_confined, probe, ready
from tools.image_test.stage import ACTIVITIES, STORE, USER, CheckFailed, Stage, expect, running, simulated, stop, wait

INSTALLERS = {"pip", "ensurepip"}
TOOLS = {"gcc", "cc", "g++", "c++", "clang", "ld", "as", "make", "git", "curl", "wget"}
ImageCheck = Callable[[Stage], str]


def the_image_has_the_expected_metadata(stage: Stage) -> str:
    """User, signal, health check, volume, command."""
    metadata = stage.podman.inspect(stage.image)
    config = metadata["Config"]
    expect("user", config["User"], f"{USER}:{USER}")
    expect("stop signal", config["StopSignal"], "SIGTERM")
    expect("volumes", list(config["Volumes"]), [STORE])
    expect("entry point", config["Entrypoint"], ["claude-siem"])
    if not metadata.get("Healthcheck"):
        raise CheckFailed("no health check")
    return f"user {config['User']}, volume {STORE}"


def the_image_has_no_installer_no_compiler_and_no_setuid_program(stage: Stage) -> str:
    """Checks every file of the image by name and mode; returns the size."""
    root = Path(stage.podman("image", "mount", stage.image).strip())
    try:
        found = sorted(_suspicious(root))
        size = sum(file.lstat().st_size for file in root.rglob("*") if not file.is_dir())
        app_size = sum(file.lstat().st_size for file in (root / "opt/claude-siem").rglob("*") if not file.is_dir())
    finally:
        stage.podman("image", "unmount", stage.image)
    if found:
        raise CheckFailed(f"found {', '.join(found)}")
    return f"{size / 1e6:.0f} MB, including {app_size / 1e6:.0f} MB of the forwarder and its libraries"


def the_demo_loses_nothing_without_a_network(stage: Stage) -> str:
    """Simulator, forwarder, receivers and detections, in one confined container."""
    options = confinement(service("demo"))
    text = stage.podman("run", "--rm", "--network=none", *options, stage.image, "demo", "--json", "--no-progress")
    summary = json.loads(text)
    expect("lost", {name: sink["lost"] for name, sink in summary["sinks"].items()}, dict.fromkeys(summary["sinks"], 0))
    alerts = sum(found["alerts"] for found in summary["detections"])
    if not summary["collected"] or not alerts:
        raise CheckFailed(f"nothing collected, or no alert: {text}")
    return f"{summary['collected']:,} collected, {alerts} alerts"


def the_service_runs_confined_with_a_passing_health_check_and_stops_cleanly(stage: Stage) -> str:
    """The default command with the shipped settings, beside `simulate`, on a shared loopback without other networks."""
    with simulated(stage):
        if stage.podman.attempt("healthcheck", "run", "anthropic").returncode == 0:
            raise CheckFailed("the health check passes although nothing listens")
        with running(stage):
            return _check_service(stage)


def a_stop_during_startup_is_obeyed(stage: Stage) -> str:
    """SIGTERM before the program has installed its signal handler."""
    with simulated(stage):
        seconds, code = stop(stage, "anthropic")
    return f"stopped in {seconds:.1f} s, exit code {code}"


def delivered_events_are_in_the_volume(stage: Stage) -> str:
    """A new container on the same volume, as after an upgrade."""
    options = confinement(service("forwarder"))
    command = ("archive", "verify", "--json", f"{STORE}/archive")
    text = stage.podman("run", "--rm", "--network=none", *options, f"--volume=store:{STORE}", stage.image, *command)
    report = json.loads(text)
    if not report["intact"] or report["lines"] < ACTIVITIES:
        raise CheckFailed(text)
    return f"{report['lines']} lines, intact"


CHECKS: tuple[ImageCheck, ...] = (
    the_image_has_the_expected_metadata,
    the_image_has_no_installer_no_compiler_and_no_setuid_program,
    the_demo_loses_nothing_without_a_network,
    the_service_runs_confined_with_a_passing_health_check_and_stops_cleanly,
    a_stop_during_startup_is_obeyed,
    delivered_events_are_in_the_volume,
)


def _check_service(stage: Stage) -> str:
    """Checks a running service and stops it."""
    wait("the forwarder has delivered everything", lambda: delivered(stage) >= ACTIVITIES)
    found = probe(stage)
    expect_confined(found)
    stage.podman("healthcheck", "run", "forwarder")
    expect("ready", ready(stage), {"ready": True, "reasons": {}, "warnings": {}})
    seconds, code = stop(stage, "forwarder")
    expect("exit code", code, 0)
    return f"peak {found['peak']:.0f} MB of memory, stopped in {seconds:.1f} s"


def _suspicious(root: Path) -> Iterator[str]:
    for file in root.rglob("*"):
        inside = f"/{file.relative_to(root)}"
        mode = file.lstat().st_mode
        if stat.S_ISREG(mode) and mode & (stat.S_ISUID | stat.S_ISGID):
            yield f"{inside} (setuid or setgid)"
        if stat.S_ISREG(mode) and "security.capability" in os.listxattr(file, follow_symlinks=False):
            yield f"{inside} (has capabilities)"
        if file.name in INSTALLERS or (file.name in TOOLS and mode & 0o111 and not stat.S_ISDIR(mode)):
            yield inside
