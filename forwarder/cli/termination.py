"""SIGTERM, SIGINT and SIGHUP: noticed whatever the main thread does, and the process has ended soon after.

Invariants:
- A thread of its own notices the signal: the main thread may be in a call that does not return.
- `GRACE` seconds after the signal the process has ended, also where a thread, a disk or a library never returns. What
  was not committed by then is read again, what was not confirmed is sent again.
- SIGHUP that the caller ignores (`nohup`) stays ignored.
"""

import os
import signal
import threading

import structlog

from forwarder.cli import SIGNALS
from forwarder.pipeline.timing import GRACE

_RESERVE = 0.5
"""Seconds of the grace period that the end of the process itself may take."""
_log = structlog.get_logger()


def stop_on_signals(exit_code: int) -> threading.Event:
    """An event that the signals set. `exit_code`: of a process that has not ended by itself within `GRACE` seconds."""
    stop = threading.Event()
    receiving, sending = os.pipe()
    os.set_blocking(sending, False)
    signal.set_wakeup_fd(sending, warn_on_full_buffer=False)
    for number in SIGNALS:
        if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, lambda *_: stop.set())
    threading.Thread(target=_watch, args=(receiving, stop, exit_code), name="signals", daemon=True).start()
    return stop


def _watch(receiving: int, stop: threading.Event, exit_code: int) -> None:
    os.read(receiving, 1)
    stop.set()
    threading.Event().wait(GRACE - _RESERVE)
    _log.error("the grace period is over, the process ends; what is undelivered stays in the store", seconds=GRACE)
    os._exit(exit_code)
