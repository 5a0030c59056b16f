"""Calls to a SIEM: in parallel with results in order, once for several callers, again while it is busy."""

import time
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest

from forwarder.errors import Reject, Retry
from forwarder.siem.calls import BusyRetries, called_once, parallel_map


def test_results_are_in_the_order_of_the_items_and_progress_counts_them() -> None:
    def slowest_first(number: int) -> int:
        time.sleep(0.02 * (3 - number))
        return number

    done: list[int] = []
    assert list(parallel_map(3, slowest_first, range(4), done.append)) == [0, 1, 2, 3]
    assert done == [1, 2, 3, 4]


def test_a_call_for_several_threads_is_made_once() -> None:
    numbers = count(1)

    def slow() -> int:
        time.sleep(0.05)
        return next(numbers)

    shared = called_once(slow)
    with ThreadPoolExecutor(4) as pool:
        assert {future.result() for future in [pool.submit(shared) for _ in range(4)]} == {1}


def test_a_call_that_raised_is_made_again() -> None:
    numbers = count(4)

    def first_refused() -> int:
        number = next(numbers)
        if number == 4:
            raise Reject("http-404", "not found")
        return number

    shared = called_once(first_refused)
    with pytest.raises(Reject):
        shared()
    assert (shared(), shared()) == (5, 5)


def test_a_busy_service_is_called_again_and_an_error_is_not() -> None:
    calls: list[str] = []

    def busy_then_refused() -> None:
        calls.append("called")
        raise Retry("busy", 0.01) if len(calls) < 3 else Reject("http-400", "refused")

    with pytest.raises(Reject):
        BusyRetries().call(busy_then_refused)
    assert len(calls) == 3
