"""Time buckets of the reports, and their pages: width, range, `limit`, `page` and `next_page`.

Source: pages "Usage and Cost API" and "Get Messages Usage Report". Decided here, and UNCONFIRMED:
- `starting_at` is snapped down to the start of its bucket ("snapped to the start of the minute/hour/day in UTC");
- a bucket is served when it ends at or before `ending_at` (the documented examples need the "at"); without
  `ending_at` up to and with the bucket that is still open; none that begins in the future;
- a bucket without usage is there with empty `results`;
- `ending_at` before or at `starting_at` is refused.
"""

import base64
import binascii
from collections.abc import Callable
from typing import Any, NamedTuple

from forwarder.simulator.admin.answers import InvalidParameterError
from forwarder.simulator.admin.parameters import Parameter, Parameters, moment, whole, words
from forwarder.simulator.clock import DAY, HOUR, MINUTE, rfc3339


class Width(NamedTuple):
    """A bucket's width in microseconds, and how many come on a page unless said, and at most."""

    us: int
    usual: int
    most: int


WIDTHS = {"1m": Width(MINUTE, 60, 1440), "1h": Width(HOUR, 24, 168), "1d": Width(DAY, 7, 31)}
RANGE: Parameters = {
    "starting_at": Parameter(moment, required=True),
    "ending_at": Parameter(moment),
    "limit": Parameter(whole(1, 1440)),
    "page": Parameter(words),
}
Results = Callable[[int, int], list[dict[str, Any]]]
"""The results of one bucket, from its start up to its end (µs)."""


class Page(NamedTuple):
    """The buckets of one page: from `start_us` up to `end_us` in steps of `width_us`; the next begins at its end."""

    start_us: int
    end_us: int
    width_us: int
    more: bool

    def body(self, results: Results) -> dict[str, Any]:
        """The page as it is served, oldest bucket first."""
        starts = range(self.start_us, self.end_us, self.width_us)
        data = [
            {
                "starting_at": rfc3339(start),
                "ending_at": rfc3339(start + self.width_us),
                "results": results(start, start + self.width_us),
            }
            for start in starts
        ]
        return {"data": data, "has_more": self.more, "next_page": _token(self.end_us) if self.more else None}


def page(asked: dict[str, Any], now_us: int) -> Page:
    """The page that is asked for, of `bucket_width` 1d unless said. Raises `InvalidParameterError`."""
    width = WIDTHS[asked["bucket_width"] or "1d"]
    start, end = _range(asked, width, now_us)
    if asked["page"] is not None:
        start = _resumed(asked["page"], start, end, width)
    limit = asked["limit"] or width.usual
    if limit > width.most:
        raise InvalidParameterError(f"limit: Input should be at most {width.most} for this bucket_width")
    stop = min(end, start + limit * width.us)
    return Page(start, stop, width.us, more=stop < end)


def _range(asked: dict[str, Any], width: Width, now_us: int) -> tuple[int, int]:
    start, end = asked["starting_at"], asked["ending_at"]
    if end is not None and end <= start:
        raise InvalidParameterError("ending_at: Input should be after starting_at")
    start -= start % width.us
    open_end = now_us - now_us % width.us + width.us
    whole_end = open_end if end is None else min(open_end, end - end % width.us)
    return start, max(start, whole_end)


def _token(start_us: int) -> str:
    """`page_` and the next bucket's start in base 64: what the documented example turns out to be."""
    return f"page_{base64.b64encode(rfc3339(start_us).encode()).decode()}"


def _resumed(token: str, start: int, end: int, width: Width) -> int:
    try:
        at = moment(base64.b64decode(token.removeprefix("page_"), validate=True).decode())
    except (ValueError, binascii.Error):
        at = -1
    if not token.startswith("page_") or not start <= at < end or at % width.us:
        raise InvalidParameterError(f"page: Invalid page token {token}")
    return at
