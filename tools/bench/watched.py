"""`python -m tools.bench.watched FILE ARGUMENT...`: `claude-siem ARGUMENT...` under the stopwatch.

At exit CPU seconds by stage go to FILE as JSON; what no stage took stands under `REST`.
"""

import atexit
import json
import sys
import time
from pathlib import Path

from forwarder.cli import main
from tools.bench.seams import REST, SEAMS
from tools.bench.stopwatch import Stopwatch, put


def run() -> None:
    """Put the stopwatch around every seam and be the forwarder."""
    file = Path(sys.argv.pop(1))
    watch = Stopwatch()
    for seam in SEAMS:
        put(watch, seam)
    watch.watch_garbage()
    atexit.register(_write, watch, file)
    main()


def _write(watch: Stopwatch, file: Path) -> None:
    spent = dict(watch.spent())
    file.write_text(json.dumps({**spent, REST: time.process_time() - sum(spent.values())}))


if __name__ == "__main__":
    run()
