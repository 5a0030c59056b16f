"""Relative times and snapping. Source: Search Manual, *Specify time modifiers in your search*."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from tests.spl import SplError, Splunk, ocsf_envelope
from tests.spl.timemath import to_epoch
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
        ("@d-2h", "2027-01-14T22:00:00"),
        ("-5d@w1", "2027-01-04T00:00:00"),
        ("@w", "2027-01-10T00:00:00"),
        ("@week", "2027-01-10T00:00:00"),
        ("@w7", "2027-01-10T00:00:00"),
        ("-h@h", "2027-01-15T07:00:00"),
        ("-mon@mon", "2026-12-01T00:00:00"),
        ("@qtr", "2027-01-01T00:00:00"),
        ("-2w", "2027-01-01T08:00:00"),
        ("-1y@y+1d", "2026-01-02T00:00:00"),
        ("01/02/2027:03:04:05", "2027-01-02T03:04:05"),
        ("1800000000", "2027-01-15T08:00:00"),
    ],
)
def test_a_time_modifier_resolves_to_a_time(modifier: str, expected: str) -> None:
    assert datetime.fromtimestamp(to_epoch(modifier, NOW), UTC).isoformat().startswith(expected)


@pytest.mark.parametrize(
    ("at", "modifier", "expected"),
    [
        ("2027-01-15T11:59:00", "@h", "2027-01-15T11:00:00"),
        ("2027-01-15T23:59:59", "@w6", "2027-01-09T00:00:00"),
        ("2027-01-16T00:00:00", "@w6", "2027-01-16T00:00:00"),
        ("2027-01-17T00:00:00", "@w0", "2027-01-17T00:00:00"),
        ("2027-06-30T23:59:59", "@q", "2027-04-01T00:00:00"),
        ("2027-11-15T10:30:00", "@q", "2027-10-01T00:00:00"),
        ("2027-01-15T00:30:00", "-1h@d", "2027-01-14T00:00:00"),
    ],
)
def test_snapping_goes_back_and_comes_after_the_offset(at: str, modifier: str, expected: str) -> None:
    """*Time modifiers*: always snaps backwards; 11:59 by hours is 11:00; the offset is processed first."""
    start = datetime.fromisoformat(f"{at}+00:00").timestamp()
    assert datetime.fromtimestamp(to_epoch(modifier, start), UTC).isoformat().startswith(expected)


def test_a_month_back_from_its_last_day_stays_within_the_shorter_month() -> None:
    for start, back in (("2027-03-31", "2027-02-28"), ("2028-03-30", "2028-02-29"), ("2027-05-31", "2027-04-30")):
        at = datetime.fromisoformat(f"{start}T00:00:00+00:00").timestamp()
        assert datetime.fromtimestamp(to_epoch("-1mon", at), UTC).date().isoformat() == back


@pytest.mark.parametrize("modifier", ["yesterday", "-1x", "@", "1h", "-5", "-1h@", "@w8", "-1.5h", "-5ms"])
def test_an_invalid_time_is_rejected(modifier: str) -> None:
    with pytest.raises(SplError):
        to_epoch(modifier, NOW)


def test_days_begin_at_the_searchers_midnight() -> None:
    event = ocsf_envelope({"time": 1_800_000_000_000, "metadata": {"logged_time": 1_800_000_000_000}})  # 08:00 UTC
    spl = (
        'index=claude | eval written=strftime(_time, "%H:%M %Z"), read=strptime("2027-01-15", "%Y-%m-%d"), '
        'midnight=relative_time(_time, "@d") | bin _time span=1d | table _time written read midnight'
    )
    for hours, day in (
        (0, "2027-01-15T00:00:00+00:00"),
        (9, "2027-01-15T00:00:00+09:00"),
        (-9, "2027-01-14T00:00:00-09:00"),
    ):
        zone = timezone(timedelta(hours=hours))
        (row,) = Splunk([event], now=NOW).search(spl, zone=zone)
        midnight = datetime.fromisoformat(day).timestamp()
        assert (row["_time"], row["midnight"]) == (midnight, midnight)
        assert row["written"] == datetime.fromtimestamp(1_800_000_000, zone).strftime("%H:%M %Z")
        assert row["read"] == datetime(2027, 1, 15, tzinfo=zone).timestamp()
