"""The solution folder as made: its analytics rules by file name."""

from pathlib import Path
from typing import Any

import yaml

SENTINEL = Path(__file__).parent.parent.parent / "sentinel"
RULES: dict[str, dict[str, Any]] = {
    path.stem: yaml.safe_load(path.read_text()) for path in sorted((SENTINEL / "Analytic Rules").glob("*.yaml"))
}
