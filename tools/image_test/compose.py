"""The confinement of `deploy/compose.yaml` as options of podman, so that the shipped confinement is tested."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from tools.image_test.context import ROOT

FILE = ROOT / "deploy" / "compose.yaml"
_LIST_OPTIONS = {"cap_drop": "--cap-drop", "security_opt": "--security-opt", "tmpfs": "--tmpfs"}
_SINGLE_OPTIONS = {"mem_limit": "--memory", "pids_limit": "--pids-limit"}


def service(name: str, file: Path = FILE) -> dict[str, Any]:
    """A service of the compose file."""
    found: dict[str, Any] = yaml.safe_load(file.read_text())["services"][name]
    return found


def confinement(service: Mapping[str, Any]) -> list[str]:
    """Options for `podman run`. Podman's own tmpfs mounts on a read-only root are disabled, as Docker has none."""
    options = [f"{option}={value}" for key, option in _LIST_OPTIONS.items() for value in service.get(key, ())]
    options += [f"{option}={service[key]}" for key, option in _SINGLE_OPTIONS.items() if key in service]
    options += ["--init"] if service.get("init") else []
    return options + (["--read-only", "--read-only-tmpfs=false"] if service.get("read_only") else [])
