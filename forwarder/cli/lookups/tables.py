"""CSV files: read with the location of each line, written with a header.

Invariant: no cell is a formula to a spreadsheet, and a lookup that was written reads back as what was in it.
"""

import csv
import io
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer

from forwarder.errors import Misconfigured
from forwarder.printable import csv_cell, csv_value
from forwarder.private_files import write_private

Output = Annotated[Path | None, typer.Option(help="File to write; default: stdout.")]


def lines(path: Path | None, *columns: str) -> Iterator[tuple[str, dict[str, str]]]:
    """The location and the values of each line of a CSV file with these columns.

    Raises `Misconfigured` for a file that cannot be read or lacks a column.
    """
    if path is None:
        return
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            table = csv.DictReader(file)
            if missing := [column for column in columns if column not in (table.fieldnames or ())]:
                raise Misconfigured(
                    f"{path}: column {missing[0]!r} is missing; the first line must name {', '.join(columns)}"
                )
            for line in table:
                yield (
                    f"{path}, line {table.line_num}",
                    {name: csv_value((line[name] or "").strip()) for name in columns},
                )
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise Misconfigured(f"{path}: cannot be read ({error})") from None


def write(output: Path | None, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a lookup to a private file or to stdout. The file may be one of the inputs."""
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([csv_cell(value) for value in row] for row in rows)
    if output is None:
        sys.stdout.write(table.getvalue())
        return
    try:
        write_private(output, table.getvalue().encode())
    except OSError as error:
        raise Misconfigured(f"--output {output}: cannot be written ({error})") from None
