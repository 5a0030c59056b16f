"""Anthropic's times (RFC 3339) as OCSF's (milliseconds since 1970-01-01 UTC)."""

from datetime import UTC, datetime, timedelta
from typing import Any

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def milliseconds(value: Any) -> int | None:
    """`value` truncated to the millisecond, in whole numbers; `None` if it is no time with a zone."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return None if moment.tzinfo is None else (moment - _EPOCH) // timedelta(milliseconds=1)
