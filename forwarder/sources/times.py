"""Days, bucket widths and timestamps in microseconds since 1970 UTC."""

from datetime import UTC, date, datetime, timedelta

SECOND_US = 1_000_000
DAY_US = 86_400 * SECOND_US
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def day_of(time_us: int) -> str:
    """The UTC day, `YYYY-MM-DD`."""
    return (date(1970, 1, 1) + timedelta(days=time_us // DAY_US)).isoformat()


def aligned(time_us: int, width_us: int) -> int:
    """The last multiple of `width_us` at or before `time_us`."""
    return time_us // width_us * width_us


def start_us(start: float | datetime, now_us: int) -> int:
    """Where a first run begins: at a timestamp, or that many seconds before `now_us`."""
    if isinstance(start, datetime):
        return int(start.timestamp()) * SECOND_US
    return now_us - int(start * SECOND_US)


def report_time(time_us: int) -> str:
    """A timestamp as the report endpoints take it: RFC 3339, whole seconds."""
    return (_EPOCH + timedelta(microseconds=time_us)).strftime("%Y-%m-%dT%H:%M:%SZ")
