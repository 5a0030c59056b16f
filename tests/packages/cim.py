"""Splunk's own definitions of the Common Information Model: which fields a model requires, which values it takes.

They are JSON files in the wheel of `pytest-splunk-addon` (Apache-2.0), which is fetched and read but not installed: it
is a plugin of an older pytest.
"""

import hashlib
import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from tools.alone import alone

REQUIREMENT = Path(__file__).with_name("cim.txt")
_KEPT = Path(__file__).parent.parent.parent / "build" / "cim"


class Field(NamedTuple):
    """One field of a data set."""

    name: str
    type: str
    """`required`, `conditional` or `optional`."""
    condition: str
    """A search that says when a conditional field must be there."""
    values: frozenset[str]
    """All that it may hold; empty where that is open."""


class DataSet(NamedTuple):
    """A data set with the fields and constraints that it inherits."""

    name: str
    tags: frozenset[str]
    constraints: tuple[str, ...]
    fields: tuple[Field, ...]


@cache
def data_sets(model: str) -> tuple[DataSet, ...]:
    """All data sets of a model, the root first."""
    with zipfile.ZipFile(_wheel()) as wheel:
        model_data = json.loads(wheel.read(f"pytest_splunk_addon/data_models/{model}.json"))
    return tuple(found for root in model_data["objects"] for found in _with_children(root, (), ()))


def _with_children(
    model_data: dict[str, Any], constraints: tuple[str, ...], fields: tuple[Field, ...]
) -> Iterator[DataSet]:
    own = tuple(
        Field(entry["name"], entry["type"], entry.get("condition", ""), frozenset(entry.get("expected_values", ())))
        for entry in model_data["fields"]
    )
    here = DataSet(
        model_data["name"],
        frozenset(model_data["tags"][0]),
        (*constraints, model_data["search_constraints"]),
        fields + own,
    )
    yield here
    for child in model_data["child_dataset"]:
        yield from _with_children(child, here.constraints, here.fields)


def _wheel() -> Path:
    """The wheel, fetched once for each state of the requirement."""
    kept = _KEPT / hashlib.sha256(REQUIREMENT.read_bytes()).hexdigest()[:12]
    with alone(kept):
        _fetch(kept)
    (wheel,) = kept.glob("*.whl")
    return wheel


def _fetch(kept: Path) -> None:
    if not list(kept.glob("*.whl")):
        options = ["--quiet", "--no-deps", "--require-hashes", "--only-binary", ":all:", "--dest", str(kept)]
        command = [sys.executable, "-m", "pip", "download", *options, "--requirement", str(REQUIREMENT)]
        subprocess.run(command, check=True, timeout=120)
