"""The steps of an installation: planned first, then applied, or only reported in a dry run."""

from collections.abc import Callable, Iterable, Iterator
from typing import Literal, NamedTuple

from forwarder.errors import ForwarderError

State = Literal["unchanged", "planned", "changed", "advice", "failed"]


class InstallStep(NamedTuple):
    """One requirement of the installation."""

    subject: str
    text: str
    """The current state, or the action."""
    act: Callable[[], None] | None = None
    """The action; `None`: nothing to do, or by hand."""
    by_hand: bool = False
    """Only a person can do it; the text describes how."""


class StepResult(NamedTuple):
    """The result of a step."""

    subject: str
    state: State
    text: str


def apply_steps(steps: Iterable[InstallStep], dry_run: bool) -> Iterator[StepResult]:
    """Apply the steps in turn, or only report them. A step that fails does not stop the others."""
    for subject, text, act, by_hand in steps:
        if act is None:
            yield StepResult(subject, "advice" if by_hand else "unchanged", text)
        elif dry_run:
            yield StepResult(subject, "planned", text)
        else:
            yield _apply(subject, text, act)


def _apply(subject: str, text: str, act: Callable[[], None]) -> StepResult:
    try:
        act()
    except ForwarderError as error:
        return StepResult(subject, "failed", f"{text}: {error}")
    return StepResult(subject, "changed", text)
