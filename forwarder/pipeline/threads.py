"""The threads of one service: restarted after a crash, watched, and abandoned when the time for their end is over.

Invariants:
- A fault of ours ends no thread: what was not committed is read again, what was not settled is sent again. A store that
  is another process's by now, or that this program uses wrongly, ends all of them.
- All threads together have one deadline for their end. One that hangs then is a daemon and ends with the process; the
  store refuses what it may still try.
"""

import threading
import time
from collections.abc import Callable

import structlog

from forwarder.status import Conditions
from forwarder.status.reporting import THREADS
from forwarder.store import LeaseLost, StoreFault

_RESTART_PAUSE = 1.0
_log = structlog.get_logger()


class ServiceThreads:
    """Threads that run until `stop` is set or their work is done. `ended_by` is called when the store ends all."""

    def __init__(
        self, stop: threading.Event, conditions: Conditions, ended_by: Callable[[LeaseLost | StoreFault], None]
    ) -> None:
        self._stop = stop
        self._conditions = conditions
        self._ended_by = ended_by
        self._threads: list[threading.Thread] = []

    def start(self, name: str, run: Callable[[], None]) -> None:
        """Run it in a thread of this name."""
        thread = threading.Thread(target=self._supervised, args=(name, run), name=name, daemon=True)
        thread.start()
        self._threads.append(thread)

    def report_ended(self) -> None:
        """Report the threads that have ended although nothing stops: only a restart of the process brings them back."""
        for thread in self._threads:
            if not thread.is_alive() and not self._stop.is_set():
                self._conditions.report(f"{THREADS}{thread.name}", "has ended; restart the forwarder", stalled=True)

    def clear_crashes(self) -> None:
        """Resolve the conditions of crashes that did not come again."""
        for thread in self._threads:
            if thread.is_alive():
                self._conditions.resolve(f"{THREADS}{thread.name}")

    def join(self, deadline: float) -> None:
        """Wait until all have ended, together no longer than until `deadline` (monotonic seconds)."""
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        if abandoned := [thread.name for thread in self._threads if thread.is_alive()]:
            _log.warning("threads that hang are abandoned; what they sent may be sent again", threads=abandoned)

    def _supervised(self, name: str, run: Callable[[], None]) -> None:
        while not self._stop.is_set():
            try:
                run()
                return
            except (LeaseLost, StoreFault) as error:
                self._ended_by(error)
            except Exception as error:
                self._conditions.report(
                    f"{THREADS}{name}", f"crashed and was restarted: {type(error).__name__}, see the log"
                )
                _log.exception("a thread crashed and is restarted", thread=name)
                self._stop.wait(_RESTART_PAUSE)
