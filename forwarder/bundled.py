"""The rules and what is deployed to a SIEM, as files: `detections/`, `sentinel/` and `splunk_app/` of the project.

A checkout has them as folders beside the package. A wheel has them in `content.zip`, which `setup.py` writes when it is
built: the installed package keeps one top-level name, and nothing compressed is kept in version control.
"""

import zipfile
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, NamedTuple

from forwarder.yaml_tables import read_table

ARCHIVE = "content.zip"
DETECTIONS = "detections"
LOOKUPS = f"{DETECTIONS}/lookups"


class RuleFolder(NamedTuple):
    """One rule of `detections/`."""

    name: str
    """`family/name`."""
    facts: dict[str, Any]
    """`rule.yaml`."""
    folder: Traversable


def bundled(path: str) -> Traversable:
    """The file or folder at `path`, as it is called in the project. It may not exist."""
    return _root().joinpath(path)


@cache
def rule_folders() -> tuple[RuleFolder, ...]:
    """All rules, sorted by name."""
    return tuple(
        RuleFolder(f"{family.name}/{folder.name}", read_table(folder.joinpath("rule.yaml")), folder)
        for family in _folders(bundled(DETECTIONS))
        for folder in _folders(family)
        if folder.joinpath("rule.yaml").is_file()
    )


@cache
def lookup_descriptions() -> dict[str, Any]:
    """The entries of `lookups.yaml`, by name of the lookup."""
    return read_table(bundled(f"{LOOKUPS}/lookups.yaml"))


def lookup_text(name: str) -> str:
    """The CSV text of a lookup as it is shipped."""
    return bundled(f"{LOOKUPS}/{name}.csv").read_text("utf-8")


@cache
def _root() -> Traversable:
    archive = files("forwarder").joinpath(ARCHIVE)
    return zipfile.Path(archive.open("rb")) if archive.is_file() else Path(__file__).parent.parent


def _folders(parent: Traversable) -> list[Traversable]:
    return sorted((entry for entry in parent.iterdir() if entry.is_dir()), key=lambda entry: entry.name)
