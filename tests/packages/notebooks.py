"""Reads the shipped workbooks: their items, tiles and parameters."""

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

from tests.packages.solution import SENTINEL
from tools.content.workbook_items import GROUP, PARAMETERS, QUERY

WORKBOOKS = sorted(path.stem for path in (SENTINEL / "Workbooks").glob("*.json"))
Item = dict[str, Any]


@cache
def notebook(name: str) -> Item:
    """The workbook as shipped."""
    document: Item = json.loads((SENTINEL / "Workbooks" / f"{name}.json").read_text())
    return document


def items(name: str) -> Iterator[Item]:
    """Every item, those inside groups too, in order."""
    held = [*notebook(name)["items"]]
    while held:
        item = held.pop(0)
        yield item
        if item["type"] == GROUP:
            held = [*item["content"]["items"], *held]


def queries(name: str) -> dict[str, Item]:
    """The tiles by their names."""
    return {item["name"]: item["content"] for item in items(name) if item["type"] == QUERY}


def parameters(name: str) -> dict[str, Item]:
    """The parameters by their names, in order."""
    bars = [item["content"]["parameters"] for item in items(name) if item["type"] == PARAMETERS]
    return {parameter["name"]: parameter for bar in bars for parameter in bar}
