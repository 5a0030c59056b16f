"""One test run: events of the test cases, sent through a sink's own code and counted until all are searchable."""

import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from typing import NamedTuple

from forwarder.errors import Misconfigured, Retry
from forwarder.records import DeadLetter
from forwarder.siem.calls import BusyRetries, Progress
from forwarder.siem.test_cases import BundledTestCases, RuleTestCase
from forwarder.sinks.base import Sink
from forwarder.store import Chunk, Delivery

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 5.0
"""Seconds between two counts."""


class LabeledCase(NamedTuple):
    """A test case in one run. A SIEM labels its events by run and number, so that no other event has the label."""

    run: str
    number: int
    rule: str
    case: RuleTestCase

    @property
    def name(self) -> str:
        """The name of the test case."""
        return self.case.name


def new_run() -> str:
    """The name of a run: letters and digits only, as labels need it."""
    return f"{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}{secrets.token_hex(3)}"


def labeled_cases(run: str, test_cases: BundledTestCases, rules: Sequence[str]) -> Iterator[LabeledCase]:
    """The runnable test cases of these rules, numbered from 1."""
    cases = ((rule, case) for rule in rules for case in test_cases.runnable(rule))
    for number, (rule, case) in enumerate(cases, start=1):
        yield LabeledCase(run, number, rule, case)


def send_events(sink: Sink, chunks: Iterable[Chunk], receiver: Callable[[DeadLetter], str], progress: Progress) -> None:
    """Send the chunks and close the sink. `receiver` names the test case of a refused event and what refuses it.

    Raises `Misconfigured` when the destination refuses the credential, the place or an event, `Retry` when it stays
    busy.
    """
    sent = 0
    with closing(sink):
        for chunk in chunks:
            _send(sink, chunk, receiver)
            sent += chunk.events
            progress(sent)


def _send(sink: Sink, chunk: Chunk, receiver: Callable[[DeadLetter], str]) -> None:
    position = 0

    def send_rest() -> None:
        nonlocal position
        while position < chunk.events:
            for settled in sink.deliver(Delivery(sink.name, 0, position, 0, chunk)):
                position = settled.position
                for refused in settled.dead_letters:
                    raise Misconfigured(f"{receiver(refused)} refuses an event ({refused.reason}: {refused.detail})")

    BusyRetries().call(send_rest)


def await_events(
    count: Callable[[], Mapping[str, int]], sent: Mapping[str, int], wait: float, progress: Progress
) -> dict[str, int]:
    """The number of events by label that are not searchable after `wait` seconds at most.

    `count` returns the searchable events by label; `progress` receives how many labels are complete. Raises as `count`,
    except `Retry`: the next count may succeed.
    """
    until, pause, missing = time.monotonic() + wait, FIRST_PAUSE, dict(sent)
    while missing:
        missing = _missing(count, sent, missing)
        progress(len(sent) - len(missing))
        if time.monotonic() > until:
            break
        if missing:
            time.sleep(pause)
            pause = min(LONGEST_PAUSE, pause * 1.5)
    return missing


def _missing(count: Callable[[], Mapping[str, int]], sent: Mapping[str, int], before: dict[str, int]) -> dict[str, int]:
    """The events that are not searchable yet; as before where the count fails this time."""
    try:
        found = count()
    except Retry:
        return before
    return {label: n - found.get(label, 0) for label, n in sent.items() if n > found.get(label, 0)}
