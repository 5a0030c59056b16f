"""What a verification has found: faults, each with its place, and notes on what is in order and worth knowing."""

from pathlib import Path
from typing import NamedTuple

from forwarder.sinks.archive.folder import Record, load

FAULTS = 20
"""So many are kept; the rest is counted, so that an archive of faults takes no more memory than another."""


class Place(NamedTuple):
    """A file of the archive, by its path within, and the line in it (from 1), where it is about one."""

    file: str
    line: int | None = None

    def __str__(self) -> str:
        return self.file if self.line is None else f"{self.file} line {self.line}"


class Fault(NamedTuple):
    """One thing that is wrong, where, and the sequence number it is about."""

    place: Place
    seq: int | None
    problem: str

    def __str__(self) -> str:
        about = "" if self.seq is None else f", seq {self.seq}"
        return f"{self.place}{about}: {self.problem}"


class Findings:
    """Collects them."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.untold = 0
        self.notes: list[str] = []

    def wrong(self, fault: Fault) -> None:
        """Something is wrong."""
        if len(self.faults) < FAULTS:
            self.faults.append(fault)
        else:
            self.untold += 1

    def file(self, name: str, problem: str) -> None:
        """Something is wrong with a whole file."""
        self.wrong(Fault(Place(name), None, problem))

    def load(self, folder: Path, name: str, kind: type[Record]) -> Record | None:
        """The record in a file of the archive; `None` without the file, and when something is wrong with it."""
        try:
            return load(folder / name, kind)
        except ValueError as error:
            self.file(name, f"is damaged ({error})")
        except OSError as error:
            self.file(name, f"cannot be read ({error.strerror})")
        return None
