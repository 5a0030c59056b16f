"""Log lines that come again and again."""

from forwarder.http_server import LogRateLimit


class Clock:
    """A clock that only the test advances."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_one_line_of_a_kind_passes_in_an_interval_with_the_number_held_back() -> None:
    clock = Clock()
    limit = LogRateLimit(60, 2, clock)
    assert [limit.admit("a"), limit.admit("a"), limit.admit("b"), limit.admit("a")] == [0, None, 0, None]
    clock.now = 60
    assert [limit.admit("a"), limit.admit("a"), limit.admit("b")] == [2, None, 0]


def test_kinds_beyond_the_limit_share_one_line_and_none_is_uncounted() -> None:
    clock = Clock()
    limit = LogRateLimit(60, 2, clock)
    passed = 0
    for number in range(1000):
        clock.now += 0.5
        if (held_back := limit.admit(number)) is not None:
            passed += 1 + held_back
    clock.now += 60
    limit.admit("last of a kind"), limit.admit("another")
    passed += limit.admit("one of the others") or 0
    assert passed == 1000
