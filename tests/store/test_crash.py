"""kill -9 at any moment: a page is in the store whole or not at all, and what was promised is there."""

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.store.committer import PAGE
from tests.store.pages import SECOND, SOURCE, known_numbers, numbers_of, open_store

KILLS = 5
ROOT = Path(__file__).parents[2]


def test_a_page_survives_kill_9_whole_or_not_at_all(tmp_path: Path) -> None:
    dice = random.Random(11)
    committed, pages = -1, 0
    for _ in range(KILLS):
        committed = max(committed, killed_after(tmp_path, dice.uniform(0.01, 0.08)))
        store = open_store(tmp_path)
        assert store.recovered is None
        checkpoint = store.checkpoint(SOURCE)
        assert checkpoint is not None
        pages = checkpoint.watermark_us // SECOND + 1
        assert pages > committed, "a page that was promised is gone"
        assert known_numbers(store, range(pages * PAGE + PAGE)) == set(range(pages * PAGE))
        assert store.backlog() == {"splunk": pages * PAGE, "archive": pages * PAGE}
        assert sum(store.count_dead_letters().values()) == pages
        store.close()
    assert committed > KILLS
    store = open_store(tmp_path)
    waiting: list[int] = []
    while delivery := store.claim("splunk", ("activity", "usage")):
        waiting += numbers_of(delivery.chunk)
        store.settle(delivery, delivery.chunk.events, [], 0)
    assert waiting == list(range(len(waiting)))
    assert len(waiting) == pages * PAGE
    store.close()


def killed_after(folder: Path, seconds: float) -> int:
    """The last page that a committing process promised before it was killed `seconds` after its first."""
    command = [sys.executable, "-m", "tests.store.committer", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as child:
        assert child.stdout
        promised = [child.stdout.readline()]
        time.sleep(seconds)
        child.send_signal(signal.SIGKILL)
        promised += child.stdout.read().splitlines()
    return int([line for line in promised if line.strip()][-1])


def test_a_killed_owner_gives_the_store_back_at_once(tmp_path: Path) -> None:
    code = "import time; from pathlib import Path; from tests.store.pages import open_store\n"
    code += f"store = open_store(Path({str(tmp_path)!r})); print('held', flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=ROOT) as child:
        assert child.stdout
        assert child.stdout.readline() == "held\n"
        child.kill()
        child.wait()
    open_store(tmp_path).close()
