"""Reads the pages of the feed in a simple loop."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import requests

PAGE = 1000


def activities(task: Mapping[str, str], loads: Callable[[bytes], Any]) -> Iterator[dict[str, Any]]:
    """All activities, oldest first. Raises for any status but 200."""
    parameters = {"limit": str(PAGE), "order": "asc"}
    with requests.Session() as session:
        session.headers["x-api-key"] = task["key"]
        while True:
            response = session.get(f"{task['feed']}/v1/compliance/activities", params=parameters, timeout=60)
            response.raise_for_status()
            page = loads(response.content)
            yield from page["data"]
            if not page["has_more"]:
                return
            parameters["after_id"] = page["last_id"]
