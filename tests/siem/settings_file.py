"""A settings file with one sink, for the commands of both SIEMs."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml


def settings_file(folder: Path, name: str, sink: Mapping[str, Any], changes: Mapping[str, Any]) -> Path:
    """`changes` are keys of the sink, a key of `management` after two underscores."""
    settings = {**sink, "management": dict(sink["management"])}
    for key, value in changes.items():
        section, _, leaf = key.rpartition("__")
        (settings[section] if section else settings)[leaf] = value
    path = folder / "claude-siem.yaml"
    whole = {"anthropic": {"compliance_key": "sk-ant-api01-never-to-be-seen"}, "sinks": {name: settings}}
    path.write_text(yaml.safe_dump(whole))
    return path
