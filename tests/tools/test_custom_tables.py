"""The tables as the Azure-Sentinel repository takes them."""

from pathlib import Path

import orjson

from forwarder.sinks.sentinel import TABLES, columns
from tools.custom_tables import main

TYPES = {"String", "DateTime", "Long", "Int", "Real", "Boolean", "Bool", "Dynamic"}


def test_a_file_a_table_has_every_column_with_a_type_of_that_repository(tmp_path: Path) -> None:
    main(tmp_path)
    written = {file.stem: orjson.loads(file.read_bytes()) for file in tmp_path.iterdir()}
    assert set(written) == set(TABLES.values())
    for stream, table in TABLES.items():
        properties = written[table]["Properties"]
        assert written[table]["Name"] == table
        assert [column["Name"] for column in properties] == list(columns(stream))
        assert {column["Type"] for column in properties} <= TYPES
