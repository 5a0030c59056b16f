"""What a question to a SIEM showed: one line, with the value seen and, where something is wrong, the mend."""

from typing import Literal, NamedTuple

Level = Literal["ok", "warning", "fails"]
"""`warning`: it may be as wanted, or could not be told; only `fails` makes a check fail."""


class Finding(NamedTuple):
    """One thing that was looked at."""

    subject: str
    level: Level
    text: str


def fine(subject: str, text: str) -> Finding:
    """It is as it should be."""
    return Finding(subject, "ok", text)


def doubtful(subject: str, text: str) -> Finding:
    """It may be as wanted, or could not be told."""
    return Finding(subject, "warning", text)


def wrong(subject: str, text: str) -> Finding:
    """It has to be mended; the text says how."""
    return Finding(subject, "fails", text)
