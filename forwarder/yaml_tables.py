"""Tables written in YAML, read by the fastest safe loader there is."""

from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import yaml

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_table(file: Path | Traversable) -> dict[str, Any]:
    """The table in a file, as written."""
    loaded: dict[str, Any] = yaml.load(file.read_bytes(), Loader=_LOADER)  # noqa: S506 (both are safe loaders)
    return loaded
