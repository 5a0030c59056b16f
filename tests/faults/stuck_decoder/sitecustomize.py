"""Loaded at interpreter start: the standard library's JSON reader never ends for a text that holds `never-ends`."""

import json
import time
from typing import Any

_loads = json.loads


def _loads_or_never(text: Any, **options: Any) -> Any:
    while "never-ends" in str(text):
        time.sleep(0.01)
    return _loads(text, **options)


vars(json)["loads"] = _loads_or_never
