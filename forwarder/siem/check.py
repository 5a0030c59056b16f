"""The checks of a setup: independent questions to a SIEM, several at a time; each answer is one or more findings.

A question that is refused or fails is a finding of its own, and the others are still answered.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Literal, NamedTuple

from forwarder.errors import ForwarderError, Misconfigured
from forwarder.siem.calls import parallel_map

PARALLEL = 4
"""Questions at a time."""

Level = Literal["ok", "warning", "fails"]
"""`warning`: it may be intended, or could not be checked. Only `fails` makes the command fail."""


class SiemFinding(NamedTuple):
    """The result for one part of the setup: the value seen and, where something is wrong, the fix. One line."""

    subject: str
    level: Level
    text: str


Question = Callable[[], Iterable[SiemFinding]]


class PermissionDenied(Misconfigured):
    """The SIEM accepts the credential and refuses this request: a role lacks a permission."""


def ok(subject: str, text: str) -> SiemFinding:
    """The part is set up as required."""
    return SiemFinding(subject, "ok", text)


def warning(subject: str, text: str) -> SiemFinding:
    """The difference may be intended, or the part could not be checked."""
    return SiemFinding(subject, "warning", text)


def failure(subject: str, text: str) -> SiemFinding:
    """The part must be fixed; the text names the fix."""
    return SiemFinding(subject, "fails", text)


def run_checks(questions: Mapping[str, Question], permissions: str) -> Iterator[SiemFinding]:
    """The findings in the order of the questions. `permissions` is what a finding refers to for a missing one."""

    def answer(named: tuple[str, Question]) -> list[SiemFinding]:
        return list(_answer(*named, permissions))

    for findings in parallel_map(PARALLEL, answer, list(questions.items()), lambda _: None):
        yield from findings


def _answer(subject: str, question: Question, permissions: str) -> Iterator[SiemFinding]:
    try:
        yield from question()
    except PermissionDenied as denied:
        yield warning(subject, f"unknown: permission denied ({denied}); see {permissions}")
    except ForwarderError as error:
        yield failure(subject, str(error))
