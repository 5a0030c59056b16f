"""Tables that people keep as CSV: read with the place of each line, written with a header."""

import csv
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, TextIO

import typer

from forwarder.errors import Misconfigured

Output = Annotated[Path | None, typer.Option(help="Write here; else: stdout.")]


def lines(path: Path | None, *columns: str) -> Iterator[tuple[str, dict[str, str]]]:
    """The lines of a CSV file with these columns, and where each stands.

    Raises `Misconfigured` for a file that cannot be read or lacks a column.
    """
    if path is None:
        return
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            table = csv.DictReader(file)
            if missing := [column for column in columns if column not in (table.fieldnames or ())]:
                raise Misconfigured(f"{path}: the first line must name {', '.join(columns)}; {missing[0]!r} is missing")
            for line in table:
                yield f"{path}, line {table.line_num}", {name: (line[name] or "").strip() for name in columns}
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise Misconfigured(f"{path}: cannot be read ({error})") from None


def write(output: Path | None, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A lookup, to a file or to stdout. All rows are made before the file is touched: it may be among the inputs."""
    made = list(rows)
    if output is None:
        _write(made, header, sys.stdout)
        return
    try:
        with output.open("w", encoding="utf-8", newline="") as file:
            _write(made, header, file)
    except OSError as error:
        raise Misconfigured(f"--output {output}: cannot be written ({error})") from None


def _write(rows: Iterable[Sequence[object]], header: Sequence[str], file: TextIO) -> None:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
