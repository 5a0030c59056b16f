"""Where all parts report: conditions (readiness), Prometheus metrics, and what is logged about both.

- The forwarder is red (not ready) while a red condition has outlasted its grace period. A yellow one is shown in the
  same places and leaves it ready: data of others is lost or late, and nothing here is broken.
- A part that waits for a peer states by when progress is due. What is overdue is red by time alone, also while the
  thread that waits hangs.
- This is the only place where each metric is named and described.
- No reason and no label holds a secret, and none is without end.
"""

import re
import threading
import time
from collections.abc import Callable
from typing import Literal, NamedTuple

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from forwarder.redaction import redact, shorten
from forwarder.status.refusal_log import RefusalLog

_LATENESS = (60, 300, 600, 3600, 21_600, 86_400, 259_200)
MOST_OF_A_REASON = 2000
MOST_OF_A_LABEL = 80
MOST_CHANGES = 10
"""Different reasons of one problem that count as news; a server may give another reason at every try."""
THREADS = "threads."
"""Begins the subject of a condition of one of the process's own threads."""
Severity = Literal["red", "yellow"]
_NUMBERS = re.compile(r"\d+")
_log = structlog.get_logger()


class Condition(NamedTuple):
    """A problem since `since` (monotonic seconds), of its severity after `grace` seconds."""

    reason: str
    since: float
    grace: float
    stalled: bool = False
    """A part of the process makes no progress any more, and only a restart helps."""
    cause: Callable[[], str] = str
    """What is known of the cause now; empty when nothing is."""
    severity: Severity = "red"

    def described(self) -> str:
        """The reason, with the cause as far as it is known."""
        cause = self.cause()
        return f"{self.reason} ({cause})" if cause else self.reason


class Conditions:
    """The current problems. Safe from many threads.

    Several may report the same subject, each under its own name (`by`): it is red until all of them have resolved it.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._reported: dict[tuple[str, str], Condition] = {}
        self._kinds: dict[tuple[str, str], set[str]] = {}
        """The reasons of each problem so far, without their numbers."""
        self._due: dict[str, Condition] = {}
        """What is expected, and red when its grace period is over."""
        self._logged: dict[str, str] | None = None
        """What was red at the last `log_changes`."""

    def report(
        self,
        subject: str,
        reason: str,
        grace: float = 0.0,
        *,
        by: str = "",
        stalled: bool = False,
        severity: Severity = "red",
    ) -> bool:
        """Report a problem with `subject`. True when it is new or has a reason that it did not have before.

        `stalled`: a part of the process makes no progress any more; `/healthz` then asks for a restart.
        """
        reason = shorten(reason, MOST_OF_A_REASON)
        kind = _NUMBERS.sub("#", reason)
        with self._lock:
            before = self._reported.get((subject, by))
            since = before.since if before else self._now()
            self._reported[subject, by] = Condition(reason, since, grace, stalled, severity=severity)
            kinds = self._kinds.setdefault((subject, by), set())
            is_news = kind not in kinds and len(kinds) < MOST_CHANGES
            if is_news:
                kinds.add(kind)
            return is_news

    def resolve(self, subject: str, by: str = "") -> bool:
        """Report that `subject` has no problem, as far as `by` knows. True when it had one."""
        with self._lock:
            self._kinds.pop((subject, by), None)
            return self._reported.pop((subject, by), None) is not None

    def expect(
        self, subject: str, within: float, overdue: str, *, stalled: bool = False, cause: Callable[[], str] = str
    ) -> None:
        """Progress of `subject` is due within so many seconds from now; without it the forwarder is red.

        Each call begins anew. `overdue` is the reason where no problem with `subject` is reported, with the `cause` as
        it is then known; `stalled` as of `report`.
        """
        with self._lock:
            self._due[subject] = Condition(overdue, self._now(), within, stalled, cause)

    def expect_nothing(self, subject: str) -> None:
        """No progress of `subject` is due any more."""
        with self._lock:
            self._due.pop(subject, None)

    def red(self) -> dict[str, str]:
        """Subjects and reasons of all red problems past their grace period; empty when the forwarder is ready."""
        with self._lock:
            now = self._now()
            problems = self._problems("red")
            due = [(s, problems.get(s, c)) for s, c in self._due.items() if now - c.since >= c.grace]
            overdue = {s: c.described() for s, c in due}
            reported = {s: c.reason for s, c in problems.items() if now - c.since >= c.grace}
            return dict(sorted((overdue | reported).items()))

    def yellow(self) -> dict[str, str]:
        """Subjects and reasons of all yellow problems past their grace period."""
        with self._lock:
            now = self._now()
            problems = self._problems("yellow")
            return {s: c.reason for s, c in sorted(problems.items()) if now - c.since >= c.grace}

    def _problems(self, severity: Severity) -> dict[str, Condition]:
        """The problem of each subject: of several the one whose grace period ends first."""
        problems: dict[str, Condition] = {}
        reported = {key: c for key, c in self._reported.items() if c.severity == severity}
        for (subject, _), condition in sorted(reported.items()):
            known = problems.get(subject)
            if known is None or condition.since + condition.grace < known.since + known.grace:
                problems[subject] = condition
        return problems

    def threads(self) -> tuple[bool, dict[str, str]]:
        """Whether the process makes progress, and the problems of its threads (subjects `threads.NAME`)."""
        with self._lock:
            now = self._now()
            overdue = {s: c for s, c in self._due.items() if now - c.since >= c.grace}
            problems = {s: c for s, c in sorted({**self._problems("red"), **overdue}.items()) if s.startswith(THREADS)}
        return not any(c.stalled for c in problems.values()), {s: c.reason for s, c in problems.items()}

    def log_changes(self) -> None:
        """Log each turn to red with its reason, each end of one, and when nothing is red. Call it regularly."""
        red, before = self.red(), self._logged
        for subject in red.keys() - (before or {}).keys():
            _log.error("not ready", subject=subject, reason=red[subject])
        for subject in (before or {}).keys() - red.keys():
            _log.info("no longer red", subject=subject)
        if not red and before != {}:
            _log.info("ready")
        self._logged = red


class Metrics:
    """All metrics in a registry of their own, so that two services in one process do not share them."""

    def __init__(self) -> None:
        self.refusals = RefusalLog()
        registry = self._registry = CollectorRegistry()
        self.read = Counter(
            "forwarder_read_records", "Source records read, new or already known", ["source"], registry=registry
        )
        self.events = Counter("forwarder_events", "New events stored", ["source", "stream"], registry=registry)
        self.unmapped = Counter(
            "forwarder_unmapped",
            "Events of activity types that the catalogue does not know",
            ["type"],
            registry=registry,
        )
        self.partial = Counter(
            "forwarder_partial",
            "Events of known activity types with unknown fields or values",
            ["type"],
            registry=registry,
        )
        self.late = Histogram(
            "forwarder_late_find_seconds",
            "How late records appeared that were found behind the watermark",
            ["source"],
            buckets=_LATENESS,
            registry=registry,
        )
        self.refused_records = Counter(
            "forwarder_refused_records", "Records and events refused", ["by", "reason"], registry=registry
        )
        self.refused_requests = Counter(
            "forwarder_refused_requests", "Requests and connections of telemetry refused", ["reason"], registry=registry
        )
        self.delivered = Counter(
            "forwarder_delivered_events", "Events confirmed by the sink", ["sink"], registry=registry
        )
        self.unacknowledged = Counter(
            "forwarder_unacknowledged_events",
            "Events accepted twice and never acknowledged, which are dead letters",
            ["sink"],
            registry=registry,
        )
        self.sent = Counter(
            "forwarder_sent_bytes", "Compressed bytes of confirmed requests", ["sink"], registry=registry
        )
        self.failures = Counter(
            "forwarder_failures", "Failed reads and deliveries", ["subject", "kind"], registry=registry
        )
        self.backlog = Gauge(
            "forwarder_backlog_events", "Events stored and not yet confirmed by the sink", ["sink"], registry=registry
        )
        self.lag = Gauge(
            "forwarder_lag_seconds", "Current time minus the watermark of the source", ["source"], registry=registry
        )
        self.skew = Gauge(
            "forwarder_clock_skew_seconds", "Clock of the source minus the local clock", ["source"], registry=registry
        )
        self.store_bytes = Gauge("forwarder_store_bytes", "Bytes of undelivered chunks in the store", registry=registry)
        self.dead_letters = Gauge(
            "forwarder_dead_letters", "Dead letters in the store", ["source", "by"], registry=registry
        )
        self.red = Gauge("forwarder_red", "Conditions that make the forwarder red (not ready)", registry=registry)
        self.yellow = Gauge("forwarder_yellow", "Conditions that are shown and leave it ready", registry=registry)

    def count_refused(self, by: str, reason: str, number: int = 1, example: str | None = None) -> None:
        """Count refused records or events, also for the log. `example`: the id of one of them."""
        counted = self.refusals.count(by, shorten(reason, MOST_OF_A_LABEL), number, example)
        self.refused_records.labels(by, counted).inc(number)

    def text(self) -> bytes:
        """All metrics in the Prometheus text format."""
        return redact(generate_latest(self._registry).decode()).encode()
