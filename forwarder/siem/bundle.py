"""The rules with their test cases, and what the packages call them in each SIEM, read from the bundled files."""

import json
from collections.abc import Iterator
from functools import cache
from importlib.resources.abc import Traversable
from typing import Any, NamedTuple

import yaml

from forwarder.bundled import bundled

DETECTIONS = "detections"
LOOKUPS = f"{DETECTIONS}/lookups"
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class BundledRule(NamedTuple):
    """One rule's folder."""

    name: str
    """`family/name`."""
    facts: dict[str, Any]
    """`rule.yaml`."""
    folder: Traversable

    def fixtures(self) -> Iterator[tuple[str, tuple[str, ...], list[dict[str, Any]], list[dict[str, Any]]]]:
        """Of each test case its name, the lookups that are filled in for it, its events, and the expected rows."""
        files = {file.name: file for file in self.folder.iterdir()}
        for file in sorted(file for file in files if file.endswith(".jsonl")):
            name = file.removesuffix(".jsonl")
            tables = (other for other in files if other.startswith(f"{name}.") and other.endswith(".csv"))
            lookups = (table.removeprefix(f"{name}.").removesuffix(".csv") for table in tables)
            expected = files.get(f"{name}.expect.json")
            events = [json.loads(line) for line in files[file].read_text("utf-8").splitlines()]
            yield name, tuple(sorted(lookups)), events, json.loads(expected.read_text("utf-8")) if expected else []


@cache
def bundled_rules() -> tuple[BundledRule, ...]:
    """Every rule, in the order of their names."""
    return tuple(
        BundledRule(f"{family.name}/{folder.name}", _read(folder.joinpath("rule.yaml")), folder)
        for family in _folders(bundled(DETECTIONS))
        for folder in _folders(family)
        if folder.joinpath("rule.yaml").is_file()
    )


def bundled_lookups() -> dict[str, str]:
    """Name and CSV text of the lookups, as they are shipped."""
    names = sorted(_read(bundled(f"{LOOKUPS}/lookups.yaml")))
    return {name: bundled(f"{LOOKUPS}/{name}.csv").read_text("utf-8") for name in names}


def _read(file: Traversable) -> Any:
    return yaml.load(file.read_bytes(), Loader=_LOADER)  # noqa: S506 (both are safe loaders)


def _folders(parent: Traversable) -> list[Traversable]:
    return sorted((entry for entry in parent.iterdir() if entry.is_dir()), key=lambda entry: entry.name)
