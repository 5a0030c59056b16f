"""What an installation consists of: steps that are planned first, and then taken or only told."""

from collections.abc import Callable, Iterable, Iterator
from typing import Literal, NamedTuple

from forwarder.errors import ForwarderError

State = Literal["unchanged", "planned", "changed", "advice", "failed"]


class Step(NamedTuple):
    """One thing that has to be so."""

    subject: str
    text: str
    """What is so already, or what is done."""
    act: Callable[[], None] | None = None
    """Does it; `None`: nothing has to be done."""
    by_hand: bool = False
    """Only a person can do it; the text says how."""


class Taken(NamedTuple):
    """What came of a step."""

    subject: str
    state: State
    text: str


def take(steps: Iterable[Step], dry_run: bool) -> Iterator[Taken]:
    """Take the steps in turn, or say what would be done. One that fails does not keep the others from being taken."""
    for subject, text, act, by_hand in steps:
        if act is None:
            yield Taken(subject, "advice" if by_hand else "unchanged", text)
        elif dry_run:
            yield Taken(subject, "planned", text)
        else:
            yield _taken(subject, text, act)


def _taken(subject: str, text: str, act: Callable[[], None]) -> Taken:
    try:
        act()
    except ForwarderError as error:
        return Taken(subject, "failed", f"{text}: {error}")
    return Taken(subject, "changed", text)
