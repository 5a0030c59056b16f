"""Several things asked at the same time, told in their order."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Thing = TypeVar("Thing")
Answer = TypeVar("Answer")


def in_lanes(
    lanes: int, ask: Callable[[Thing], Answer], things: Sequence[Thing], told: Callable[[int], None]
) -> Iterator[Answer]:
    """What `ask` says of each thing; `told` hears how many are done. Raises as `ask`."""
    with ThreadPoolExecutor(lanes) as pool:
        for number, answer in enumerate(pool.map(ask, things), start=1):
            told(number)
            yield answer
