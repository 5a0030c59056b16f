"""The tables in the form of the Azure-Sentinel repository's CustomTables: `python -m tools.custom_tables FOLDER`."""

import json
import sys
from pathlib import Path
from typing import Any

from forwarder.sinks.sentinel.columns import TABLES, typed_columns


def custom_tables() -> dict[str, dict[str, Any]]:
    """Each table by its name."""
    return {
        table: {"Name": table, "Properties": [{"Name": n, "Type": t} for n, t in typed_columns(stream).items()]}
        for stream, table in TABLES.items()
    }


def main(folder: Path) -> None:
    """Write a file a table."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in custom_tables().items():
        (folder / f"{name}.json").write_text(json.dumps(table, indent=2) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
