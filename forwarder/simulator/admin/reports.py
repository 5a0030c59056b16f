"""`usage_report/messages` and `cost_report`: usage in buckets, page by page, in the documented shapes.

Source: pages "Get Messages Usage Report", "Get Cost Report" and "Usage and Cost API". Decided here, and UNCONFIRMED:
- `starting_at` is snapped down to the start of its bucket ("snapped to the start of the minute/hour/day in UTC");
- a bucket is returned if it ends at or before `ending_at` (the documented examples need the "at"); without `ending_at`
  up to and including the bucket that is still open; none that begins in the future;
- a bucket without usage is returned with empty `results`;
- `ending_at` at or before `starting_at` is refused.
"""

import base64
import binascii
from collections import defaultdict
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any, NamedTuple

from forwarder.simulator.admin.organization import ConsoleOrganization
from forwarder.simulator.admin.parameters import (
    InvalidParameterError,
    Parameter,
    Parameters,
    one_of,
    parse,
    timestamp,
    whole,
    words,
)
from forwarder.simulator.admin.usage import Cost, Counts, Dimensions, Usage, amount, costs, total
from forwarder.simulator.clock import DAY, HOUR, MINUTE, rfc3339


class BucketWidth(NamedTuple):
    """A bucket's width in microseconds, and the default and maximum number of buckets on a page."""

    us: int
    default: int
    maximum: int


WIDTHS = {"1m": BucketWidth(MINUTE, 60, 1440), "1h": BucketWidth(HOUR, 24, 168), "1d": BucketWidth(DAY, 7, 31)}
_RANGE: Parameters = {
    "starting_at": Parameter(timestamp, required=True),
    "ending_at": Parameter(timestamp),
    "limit": Parameter(whole(1, 1440)),
    "page": Parameter(words),
}
Results = Callable[[int, int], list[dict[str, Any]]]
"""The results of one bucket, from its start up to its end (µs)."""
_FAST_MODE = "fast-mode-2026-02-01"
"""The `anthropic-beta` without which `speed` can be neither filtered nor grouped by."""
_TIERS = ("batch", "flex", "flex_discount", "priority", "priority_on_demand", "standard")
_FILTERS: dict[str, tuple[str, Parameter]] = {
    "account_ids[]": ("account_id", Parameter(words)),
    "api_key_ids[]": ("api_key_id", Parameter(words)),
    "context_window[]": ("context_window", Parameter(one_of(("0-200k", "200k-1M")))),
    "inference_geos[]": ("inference_geo", Parameter(one_of(("global", "not_available", "us")))),
    "models[]": ("model", Parameter(words)),
    "service_account_ids[]": ("service_account_id", Parameter(words)),
    "service_tiers[]": ("service_tier", Parameter(one_of(_TIERS))),
    "speeds[]": ("speed", Parameter(one_of(("fast", "standard")))),
    "workspace_ids[]": ("workspace_id", Parameter(words)),
}
"""Filter → the dimension it looks at."""
_MESSAGES: Parameters = {
    **_RANGE,
    "bucket_width": Parameter(one_of(WIDTHS)),
    "group_by[]": Parameter(one_of(Dimensions._fields)),
    **{name: parameter for name, (_, parameter) in _FILTERS.items()},
}
_COST: Parameters = {
    **_RANGE,
    "bucket_width": Parameter(one_of(("1d",))),
    "group_by[]": Parameter(one_of(("description", "workspace_id"))),
}
_NO_COST_DETAILS = dict.fromkeys(
    ("context_window", "cost_type", "description", "inference_geo", "model", "service_tier", "token_type")
)


class BucketPage(NamedTuple):
    """The buckets of one page: from `start_us` up to `end_us` in steps of `width_us`; the next begins at its end."""

    start_us: int
    end_us: int
    width_us: int
    more: bool

    def body(self, results: Results) -> dict[str, Any]:
        """The page as returned, oldest bucket first."""
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


def _bucket_page(asked: dict[str, Any], now_us: int) -> BucketPage:
    """The requested page, of `bucket_width` 1d by default. Raises `InvalidParameterError`."""
    width = WIDTHS[asked["bucket_width"] or "1d"]
    start, end = _range(asked, width, now_us)
    if asked["page"] is not None:
        start = _resumed(asked["page"], start, end, width)
    limit = asked["limit"] or width.default
    if limit > width.maximum:
        raise InvalidParameterError(f"limit: Input should be at most {width.maximum} for this bucket_width")
    stop = min(end, start + limit * width.us)
    return BucketPage(start, stop, width.us, more=stop < end)


def _range(asked: dict[str, Any], width: BucketWidth, now_us: int) -> tuple[int, int]:
    start, end = asked["starting_at"], asked["ending_at"]
    if end is not None and end <= start:
        raise InvalidParameterError("ending_at: Input should be after starting_at")
    start -= start % width.us
    open_end = now_us - now_us % width.us + width.us
    whole_end = open_end if end is None else min(open_end, end - end % width.us)
    return start, max(start, whole_end)


def _token(start_us: int) -> str:
    """`page_` and the next bucket's start in base 64, as in the documented example."""
    return f"page_{base64.b64encode(rfc3339(start_us).encode()).decode()}"


def _resumed(token: str, start: int, end: int, width: BucketWidth) -> int:
    try:
        at = timestamp(base64.b64decode(token.removeprefix("page_"), validate=True).decode())
    except (ValueError, binascii.Error):
        at = -1
    if not token.startswith("page_") or not start <= at < end or at % width.us:
        raise InvalidParameterError(f"page: Invalid page token {token}")
    return at


def messages(organization: ConsoleOrganization, pairs: list[tuple[str, str]], betas: str) -> dict[str, Any]:
    """`GET /v1/organizations/usage_report/messages`. `betas`: the `anthropic-beta` header."""
    asked = parse(_MESSAGES, pairs)
    by = frozenset(asked["group_by[]"])
    if ("speed" in by or asked["speeds[]"]) and _FAST_MODE not in betas:
        raise InvalidParameterError(f"speed requires the anthropic-beta header {_FAST_MODE}")
    wanted = _filter(asked)

    def results(rows: list[Usage]) -> list[dict[str, Any]]:
        groups: defaultdict[tuple[Any, ...], list[Counts]] = defaultdict(list)
        for row in filter(wanted, rows):
            groups[tuple(getattr(row.dimensions, name) for name in sorted(by))].append(row.counts)
        return [
            _usage_result(dict(zip(sorted(by), group, strict=True)), total(groups[group]))
            for group in sorted(groups, key=repr)
        ]

    return _report(organization, asked, results)


def cost(organization: ConsoleOrganization, pairs: list[tuple[str, str]], betas: str) -> dict[str, Any]:
    """`GET /v1/organizations/cost_report`: days only; amounts in cents as decimal strings.

    UNCONFIRMED: default and maximum of `limit`; here those of the usage report's days.
    """
    asked = parse(_COST, pairs)
    by = frozenset(asked["group_by[]"])
    return _report(organization, asked, lambda rows: _cost_results(rows, by))


def _report(
    organization: ConsoleOrganization, asked: dict[str, Any], results: Callable[[list[Usage]], list[dict[str, Any]]]
) -> dict[str, Any]:
    now_us = organization.clock.now_us()
    page = _bucket_page(asked, now_us)
    read = organization.workload.hours if page.width_us >= HOUR else organization.workload.minutes
    rows: defaultdict[int, list[Usage]] = defaultdict(list)
    for row in read(page.start_us, page.end_us, now_us):
        rows[row.at_us - row.at_us % page.width_us].append(row)
    return page.body(lambda start, end: results(rows[start]))


def _filter(asked: dict[str, Any]) -> Callable[[Usage], bool]:
    filters = [(field, frozenset(asked[name])) for name, (field, _) in _FILTERS.items() if asked[name]]
    return lambda row: all(getattr(row.dimensions, field) in values for field, values in filters)


def _usage_result(group: dict[str, Any], counts: Counts) -> dict[str, Any]:
    """One result: a dimension that was not grouped by is null; `speed` is documented only as a group."""
    dimensions = {name: group.get(name) for name in Dimensions._fields if name != "speed" or name in group}
    return {
        **dimensions,
        "uncached_input_tokens": counts.uncached_input,
        "cache_creation": {
            "ephemeral_1h_input_tokens": counts.cache_1h,
            "ephemeral_5m_input_tokens": counts.cache_5m,
        },
        "cache_read_input_tokens": counts.cache_read,
        "output_tokens": counts.output,
        "server_tool_use": {"web_search_requests": counts.web_searches},
    }


class _CostLine(NamedTuple):
    where: Dimensions
    cost: Cost


def _cost_results(rows: Iterable[Usage], by: frozenset[str]) -> list[dict[str, Any]]:
    groups: defaultdict[str, list[Decimal]] = defaultdict(list)
    shapes: dict[str, dict[str, Any]] = {}
    for row in rows:
        for line in costs(row.dimensions, row.counts):
            shape = _cost_shape(_CostLine(row.dimensions, line), by)
            shapes[repr(shape)] = shape
            groups[repr(shape)].append(line.amount)
    return [{**shapes[key], "amount": amount(groups[key]), "currency": "USD"} for key in sorted(groups)]


def _cost_shape(line: _CostLine, by: frozenset[str]) -> dict[str, Any]:
    """What distinguishes a result from the next: details only by description, and of tokens alone."""
    where, cost = line
    shape: dict[str, Any] = {
        "workspace_id": where.workspace_id if "workspace_id" in by else None,
        **_NO_COST_DETAILS,
    }
    if "description" in by:
        shape |= {"cost_type": cost.cost_type, "description": cost.description}
        if cost.token_type is not None:
            details = ("context_window", "inference_geo", "model", "service_tier")
            shape |= {name: getattr(where, name) for name in details} | {"token_type": cost.token_type}
    return shape
