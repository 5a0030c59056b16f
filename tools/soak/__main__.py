"""`python -m tools.soak [--kills N] [--seed N] [--sinks ...] [--folder DIR]`: repeated kills under faults.

Exit code: 0 when nothing is lost and duplicates are within their limits, else 1. The same seed plans the same kills,
rows and faults; the exact state of the threads at a kill differs. `--folder` keeps store, archive and log.
"""

import argparse
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from forwarder.sinks import SINKS
from tools.soak.audit import table
from tools.soak.runs import soak


def main() -> None:
    """Run the soak test and print its result."""
    parser = _parser()
    arguments = parser.parse_args()
    if set(arguments.sinks) == {"archive"}:
        parser.error("--sinks: archive alone is not enough; add splunk or sentinel, which show when all events arrived")
    with ExitStack() as stack:
        folder = arguments.folder or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.mkdir(parents=True, exist_ok=True)
        _print(f"{arguments.kills} kills, seed {arguments.seed}, {', '.join(arguments.sinks)}")
        result = soak(folder, arguments.kills, arguments.seed, arguments.sinks, _print)
    for line in table(result):
        _print(line)
    sys.exit(0 if result.passed else 1)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sinks", nargs="+", choices=SINKS, default=SINKS, metavar="SINK", help=", ".join(SINKS))
    parser.add_argument("--folder", type=Path, help="an empty folder for all files; default: a temporary one")
    return parser


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
