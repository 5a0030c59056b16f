"""What a person sees while a command works: bars on a terminal, plain lines elsewhere, nothing on request."""

import sys
import time
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from forwarder.pipeline import Steps

LINE_EVERY = 2.0


class Screen(Protocol):
    """Shows how far a run has come."""

    def show(self, steps: Steps) -> None:
        """How far each of several things is: done, and of how many, so far as is known."""

    def close(self) -> None:
        """Leave the terminal as it was."""


class Silent:
    """Shows nothing."""

    def show(self, steps: Steps) -> None:
        """See `Screen.show`."""

    def close(self) -> None:
        """See `Screen.close`."""


class Lines:
    """A plain line every `LINE_EVERY` seconds."""

    def __init__(self) -> None:
        self._next = time.monotonic() + LINE_EVERY

    def show(self, steps: Steps) -> None:
        """See `Screen.show`."""
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + LINE_EVERY
            sys.stderr.write(", ".join(f"{name} {done} of {total}" for name, (done, total) in steps.items()) + "\n")

    def close(self) -> None:
        """See `Screen.close`."""


class Bars:
    """A bar each."""

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
    """The fitting screen for stderr."""
    if not progress:
        return Silent()
    return Bars() if sys.stderr.isatty() else Lines()
