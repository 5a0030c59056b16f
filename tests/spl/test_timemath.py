"""Relative times and snapping. Source: Search Manual, *Specify time modifiers in your search*."""

from datetime import UTC, datetime

import pytest

from tests.spl import SplError
from tests.spl.timemath import moment
from tests.spl.world import NOW


@pytest.mark.parametrize(
    ("modifier", "expected"),
    [
        ("now", "2027-01-15T08:00:00"),
        ("-70m@m", "2027-01-15T06:50:00"),
        ("@d", "2027-01-15T00:00:00"),
        ("-1d@d+8h", "2027-01-14T08:00:00"),
        ("+h", "2027-01-15T09:00:00"),
        ("@w0", "2027-01-10T00:00:00"),
        ("@w5", "2027-01-15T00:00:00"),
        ("@w6", "2027-01-09T00:00:00"),
        ("-7d@w1", "2027-01-04T00:00:00"),
        ("-1mon", "2026-12-15T08:00:00"),
        ("@mon", "2027-01-01T00:00:00"),
        ("-1q@q", "2026-10-01T00:00:00"),
        ("@y", "2027-01-01T00:00:00"),
        ("01/02/2027:03:04:05", "2027-01-02T03:04:05"),
        ("1800000000", "2027-01-15T08:00:00"),
    ],
)
def test_a_time_modifier_means_a_moment(modifier: str, expected: str) -> None:
    assert datetime.fromtimestamp(moment(modifier, NOW), UTC).isoformat().startswith(expected)


def test_a_month_back_from_its_last_day_stays_within_the_shorter_month() -> None:
    start = datetime(2027, 3, 31, tzinfo=UTC).timestamp()
    assert datetime.fromtimestamp(moment("-1mon", start), UTC).date().isoformat() == "2027-02-28"


@pytest.mark.parametrize("modifier", ["yesterday", "-1x", "@", "1h", "-5"])
def test_what_is_no_time_is_refused(modifier: str) -> None:
    with pytest.raises(SplError):
        moment(modifier, NOW)
