"""Splits the array of a JSON object into its items' texts without parsing them, however deep they are."""

import re

_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[\]{},]', re.DOTALL)
_ITEMS = 2
"""How deep the items lie: in an array in an object."""


def split_array(body: bytes) -> tuple[int, list[bytes], int]:
    """Where the content of the object's array begins, its items, where it ends. Raises `ValueError` without one."""
    depth, begin, mark = 0, -1, -1
    items: list[bytes] = []
    for token in _TOKEN.finditer(body):
        sign = token[0]
        if sign in b"]}" and depth == _ITEMS and begin >= 0:
            items.append(body[mark : token.start()])
            return begin, [item for item in items if item.strip()], token.start()
        if sign in b"[{":
            depth += 1
            if depth == _ITEMS and sign == b"[":
                begin = mark = token.end()
        elif sign in b"]}":
            depth -= 1
        elif sign == b"," and depth == _ITEMS and begin >= 0:
            items.append(body[mark : token.start()])
            mark = token.end()
    raise ValueError("no complete array")
