"""`python -m tests.packages.dashboard_results DIR`: each dashboard's definition and what its searches answer.

Writes `NAME.definition.json`, and `NAME.results.json` with `{data source: {"fields": [{"name": …}], "columns": […]}}`:
what Splunk's REST interface gives as `json_cols`, texts and lists of texts, `null` where a row has no value. To draw
the dashboards where there is no Splunk.
"""

import json
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.packages.dashboard_searches import Answers, Rows
from tests.spl import as_text
from tools.content.dashboards import SOURCES, definition
from tools.content.dashboards_source import last_table, load_dashboards


def main(folder: Path) -> None:
    """Both files of every dashboard."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, dashboard in load_dashboards(SOURCES).items():
        dashboard_definition = definition(dashboard)
        answers = Answers(dashboard_definition).all()
        results = {source: table(dashboard_definition["dataSources"][source], rows) for source, rows in answers.items()}
        _write(folder / f"{name}.definition.json", dashboard_definition)
        _write(folder / f"{name}.results.json", results)


def table(source: Mapping[str, Any], rows: Rows) -> dict[str, Any]:
    """The rows as columns, in the order of the search's last `table`, else as they come."""
    names = last_table(source["options"]["query"]) or list(dict.fromkeys(name for row in rows for name in row))
    texts = as_text(
        [{name: _timestamp(value) if name == "_time" else value for name, value in row.items()} for row in rows]
    )
    return {
        "fields": [{"name": name} for name in names],
        "columns": [[row.get(name) for row in texts] for name in names],
    }


def _timestamp(value: Any) -> str:
    return datetime.fromtimestamp(float(value), UTC).isoformat(timespec="milliseconds")


def _write(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
