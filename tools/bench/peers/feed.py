"""The feed's pages, one after the other, as a plain loop reads them."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import requests

PAGE = 1000


def activities(task: Mapping[str, str], loads: Callable[[bytes], Any]) -> Iterator[dict[str, Any]]:
    """Every activity, oldest first. Raises for any answer but 200."""
    asked = {"limit": str(PAGE), "order": "asc"}
    with requests.Session() as session:
        session.headers["x-api-key"] = task["key"]
        while True:
            answer = session.get(f"{task['feed']}/v1/compliance/activities", params=asked, timeout=60)
            answer.raise_for_status()
            page = loads(answer.content)
            yield from page["data"]
            if not page["has_more"]:
                return
            asked["after_id"] = page["last_id"]
