"""Progress of a command on stderr: bars on a terminal, lines elsewhere, or nothing."""

import sys
import time
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from forwarder.cli import terminal
from forwarder.pipeline import Steps

LINE_INTERVAL = 2.0


class Screen(Protocol):
    """Shows the progress of a command."""

    def show(self, steps: Steps) -> None:
        """Show the progress of each step."""

    def close(self) -> None:
        """Restore the terminal."""


class NoScreen:
    """Shows nothing."""

    def show(self, steps: Steps) -> None:
        """See `Screen.show`."""

    def close(self) -> None:
        """See `Screen.close`."""


class LineScreen:
    """Prints a line every `LINE_INTERVAL` seconds."""

    def __init__(self) -> None:
        self._next = time.monotonic() + LINE_INTERVAL

    def show(self, steps: Steps) -> None:
        """See `Screen.show`."""
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + LINE_INTERVAL
            terminal.warn(", ".join(f"{name} {done} of {total}" for name, (done, total) in steps.items()))

    def close(self) -> None:
        """See `Screen.close`."""


class BarScreen:
    """One progress bar per step."""

    def __init__(self) -> None:
        self._progress = Progress(
            TextColumn("{task.description:>10}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=Console(stderr=True),
        )
        self._bars: dict[str, TaskID] = {}
        self._progress.start()

    def show(self, steps: Steps) -> None:
        """See `Screen.show`."""
        for name, (done, total) in steps.items():
            if name not in self._bars:
                self._bars[name] = self._progress.add_task(name, total=None)
            self._progress.update(self._bars[name], completed=min(done, total), total=total)

    def close(self) -> None:
        """See `Screen.close`."""
        self._progress.stop()


def screen(progress: bool) -> Screen:
    """The screen for stderr."""
    if not progress:
        return NoScreen()
    return BarScreen() if sys.stderr.isatty() else LineScreen()
