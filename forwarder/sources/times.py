"""Times of sources: days and widths in microseconds since 1970 UTC."""

from datetime import UTC, date, datetime, timedelta

SECOND_US = 1_000_000
DAY_US = 86_400 * SECOND_US
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def day_of(time_us: int) -> str:
    """The UTC day, `YYYY-MM-DD`."""
    return (date(1970, 1, 1) + timedelta(days=time_us // DAY_US)).isoformat()


def aligned(time_us: int, width_us: int) -> int:
    """The last multiple of `width_us` that is not behind `time_us`."""
    return time_us // width_us * width_us


def start_us(start: float | datetime, now_us: int) -> int:
    """Where a first run begins: at an instant, or so many seconds back."""
    if isinstance(start, datetime):
        return int(start.timestamp()) * SECOND_US
    return now_us - int(start * SECOND_US)


def written(time_us: int) -> str:
    """As reports take instants: whole seconds, RFC 3339."""
    return (_EPOCH + timedelta(microseconds=time_us)).strftime("%Y-%m-%dT%H:%M:%SZ")
