"""A page in a real browser (Chromium) that sends telemetry as Office add-ins do."""

import json
import subprocess
from pathlib import Path
from typing import Any

from tools.node import install, node

HERE = Path(__file__).parent
BROWSER = HERE.parents[1] / "tools" / "browser"


def fetch_from_page(page: str, url: str, token: str, body: bytes) -> Any:
    """What a page of the origin `page` gets for a POST of `body`: a status, or an error of the browser."""
    install(BROWSER)
    command: list[str | Path] = [node(), HERE / "js" / "page.mjs", page, url, token]
    run = subprocess.run(command, input=body, capture_output=True, timeout=180, check=False)
    assert run.returncode == 0, run.stderr.decode()
    return json.loads(run.stdout)
