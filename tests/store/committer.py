"""A process that commits pages for ever and prints each: it is killed in the middle of it.

Page n holds events 10n … 10n+9 in two chunks, one dead letter, and the checkpoint of n. n is printed after the commit.
"""

import sys
from itertools import count
from pathlib import Path

from forwarder.store import PageCommit
from tests.store.pages import SECOND, SOURCE, checkpoint, chunks, letter, open_store

PAGE = 10


def main(folder: Path) -> None:
    """Commit until killed."""
    store = open_store(folder)
    last = store.checkpoint(SOURCE)
    first = last.watermark_us // SECOND + 1 if last else 0
    for number in count(first):
        start = number * PAGE
        parts = (*chunks(range(start, start + 5)), *chunks(range(start + 5, start + PAGE), "usage", size=2_000))
        store.commit(PageCommit(SOURCE, parts, [letter(number)], checkpoint(number)), 0)
        sys.stdout.write(f"{number}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
