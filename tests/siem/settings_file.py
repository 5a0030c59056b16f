"""A settings file with one sink, as the commands for both SIEMs are given it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml


def settings_file(folder: Path, name: str, sink: Mapping[str, Any], changes: Mapping[str, Any]) -> Path:
    """`changes` are keys of the sink, a key of `management` after two underscores."""
    told = {**sink, "management": dict(sink["management"])}
    for key, value in changes.items():
        section, _, leaf = key.rpartition("__")
        (told[section] if section else told)[leaf] = value
    path = folder / "claude-siem.yaml"
    whole = {"anthropic": {"compliance_key": "sk-ant-api01-never-to-be-seen"}, "sinks": {name: told}}
    path.write_text(yaml.safe_dump(whole))
    return path
