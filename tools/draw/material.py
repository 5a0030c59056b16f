"""Input for drawing: a definition, and the results of its searches."""

import json
from pathlib import Path
from typing import Any, NamedTuple


class Dashboard(NamedTuple):
    """A definition of Dashboard Studio, and `{data source: {"fields": [{"name": …}], "columns": [[…]]}}`.

    The results have the form of Splunk's REST interface, `output_mode=json_cols`. Without results only the definition
    can be checked.
    """

    definition: dict[str, Any]
    results: dict[str, Any] | None = None


def read(folder: Path) -> dict[str, Dashboard]:
    """`NAME.definition.json` and `NAME.results.json`, by name. Raises `OSError` where one of the two is missing."""
    names = sorted(path.name.removesuffix(".definition.json") for path in folder.glob("*.definition.json"))
    return {name: Dashboard(*(_json(folder / f"{name}.{part}.json") for part in Dashboard._fields)) for name in names}


def _json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))
