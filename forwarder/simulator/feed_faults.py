"""Faults of the feed that need its rows or its clock: what is between, or behind, the API fails for some requests only.

- `wrong-date`: the normal answer, or a gateway's page with `status`, whose `Date` is wrong by `by` seconds.
- `deep-page`: a page is refused with `status` when `rows` or more of its range lie before it.
- `unreadable-time`: a range is refused with `status` when it contains the time `at` (microseconds; without it every
  range is). A request without a range is not refused.
"""

from collections.abc import Callable, Mapping
from email.utils import formatdate

from forwarder.simulator.clock import SECOND, SimulatedClock
from forwarder.simulator.faults import Effect, Fault, Serve, proxy_page
from forwarder.simulator.feed_errors import error
from forwarder.simulator.feed_query import InvalidRequestError
from forwarder.simulator.feed_rows import FeedRows, PageRequest, UnknownCursorError
from forwarder.simulator.http import Answer, Request


def effects(
    clock: SimulatedClock, rows: Callable[[], FeedRows], asked: Callable[[Request], PageRequest]
) -> Mapping[str, Effect]:
    """The faults by name. `asked` raises `InvalidRequestError`."""

    def wrong_date(fault: Fault, request: Request, serve: Serve) -> Answer:
        status = fault.settings.get("status")
        answer = proxy_page(status)(fault, request, serve) if status else serve()
        date = formatdate(clock.now_us() / SECOND + fault.settings["by"], usegmt=True)
        return answer._replace(headers={**answer.headers, "date": date})

    def deep_page(fault: Fault, request: Request, serve: Serve) -> Answer:
        try:
            passed = rows().passed(asked(request))
        except (InvalidRequestError, UnknownCursorError):
            return serve()
        return _gives_up(fault, request, serve) if passed >= fault.settings["rows"] else serve()

    def unreadable_time(fault: Fault, request: Request, serve: Serve) -> Answer:
        try:
            page = asked(request)
        except InvalidRequestError:
            return serve()
        at = fault.settings.get("at", page.start_us)
        return _gives_up(fault, request, serve) if 0 < page.start_us <= at < page.end_us else serve()

    return {"wrong-date": wrong_date, "deep-page": deep_page, "unreadable-time": unreadable_time}


def _gives_up(fault: Fault, request: Request, serve: Serve) -> Answer:
    status: int = fault.settings["status"]
    if status == 400:
        return error("invalid request", message="The requested page is too deep.")
    return proxy_page(status)(fault, request, serve)
