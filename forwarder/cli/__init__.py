"""The commands of `claude-siem`: they parse, call and print. Nothing else imports this package.

Only what a signal needs is imported here: one may come before the program itself is imported.
"""

import os
import signal
import sys

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def main() -> None:
    """Run the command of the command line."""
    if "run" in sys.argv[1:2]:
        _end_on_signals(1 if "--once" in sys.argv else 0)
    from forwarder.cli.app import main as run_command

    run_command()


def _end_on_signals(exit_code: int) -> None:
    """Until the command itself stops on signals: nothing is begun, so the process ends at once."""
    for number in SIGNALS:
        if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, lambda *_: os._exit(exit_code))
