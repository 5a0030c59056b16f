"""Questions to a SIEM in turn: one that is refused or fails is a finding of its own, and the rest go on."""

from collections.abc import Callable, Iterable, Iterator, Mapping

from forwarder.errors import ForwarderError, Misconfigured
from forwarder.siem.findings import Finding, doubtful, wrong

Question = Callable[[], Iterable[Finding]]


class Denied(Misconfigured):
    """The SIEM knows who asks and refuses this request: a role lacks a right."""


def ask_all(questions: Mapping[str, Question], mend: str) -> Iterator[Finding]:
    """What is found, by subject. `mend` follows on what may not be asked."""
    for subject, question in questions.items():
        yield from _asked(subject, question, mend)


def _asked(subject: str, question: Question, mend: str) -> Iterator[Finding]:
    try:
        yield from question()
    except Denied as denied:
        yield doubtful(subject, f"not known: who asks may not ({denied}); {mend}")
    except ForwarderError as error:
        yield wrong(subject, str(error))
