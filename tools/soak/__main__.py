"""`python -m tools.soak [--kills N] [--seed N] [--sinks ...] [--folder DIR]`: kills, bad weather, and an audit.

Exit code: 0 nothing is lost and duplicates are within their limits, 1 not so. The same seed plans the same kills,
rows and faults; where exactly threads stand at a kill differs. `--folder` keeps store, archive and log.
"""

import argparse
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from forwarder.sinks import SINKS
from tools.soak.audit import table
from tools.soak.lives import soak


def main() -> None:
    """Soak, print the books, and leave with the verdict."""
    parser = _parser()
    arguments = parser.parse_args()
    if set(arguments.sinks) == {"archive"}:
        parser.error("beside the archive a receiver is needed, which shows when everything has come")
    with ExitStack() as stack:
        folder = arguments.folder or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.mkdir(parents=True, exist_ok=True)
        _tell(f"{arguments.kills} kills, seed {arguments.seed}, {', '.join(arguments.sinks)}")
        books = soak(folder, arguments.kills, arguments.seed, arguments.sinks, _tell)
    for line in table(books):
        _tell(line)
    sys.exit(0 if books.balanced else 1)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sinks", nargs="+", choices=SINKS, default=SINKS, metavar="SINK", help=", ".join(SINKS))
    parser.add_argument("--folder", type=Path, help="an empty folder for what it writes; else a temporary one")
    return parser


def _tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
