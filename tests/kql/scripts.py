"""Our JavaScript beside Microsoft's package: one JSON value in, one out."""

import json
import subprocess
from pathlib import Path
from typing import Any

from tools.node import install, node

HERE = Path(__file__).parent


def answered(script: str, request: Any) -> Any:
    """The response of a script in this folder to a request."""
    install(HERE)
    run = subprocess.run(
        [node(), script],
        cwd=HERE,
        input=json.dumps(request),
        capture_output=True,
        check=True,
        text=True,
        timeout=60,
    )
    return json.loads(run.stdout)
