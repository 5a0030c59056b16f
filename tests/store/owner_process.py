"""A process that owns a store and commits a page now and then, printing each; it ends when the store is taken over.

Its lease is short, so that a test need not wait.
"""

import sys
import time
from itertools import count
from pathlib import Path

from forwarder.store import LeaseLost
from forwarder.store.sqlite import lease
from tests.store.pages import checkpoint, open_store, page

LEASE_SECONDS = 1.0
PAGE = 10


def main(folder: Path) -> None:
    """Commit until the store is another's."""
    lease.LEASE_SECONDS, lease.RENEW_SECONDS = LEASE_SECONDS, 0.2
    store = open_store(folder)
    _print(f"owner {store.lease.generation}")
    try:
        for number in count():
            store.assert_owned()
            store.commit(page(range(number * PAGE, (number + 1) * PAGE), checkpoint(number)), 0)
            _print(str(number))
            time.sleep(0.05)
    except LeaseLost as error:
        _print(f"lost: {error}")


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
