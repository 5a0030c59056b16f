"""The working-hours calendar: its offsets are those of the time zone on every day."""

import csv
import io
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forwarder.detect.calendar import DAY, WorkingHours, calendar_rows
from tests.cli.commands import claude_siem

GROUPS = "group,zone,start,end,days\n*,UTC,06:00,22:00,Mon-Fri\nberlin,Europe/Berlin,08:00,18:30,Mon-Fri\n"
FIRST = date(2026, 1, 1)
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Africa/Casablanca", "Australia/Lord_Howe", "Asia/Kathmandu")


@given(
    zone=st.sampled_from(ZONES),
    off=st.sets(st.integers(0, 399), max_size=5),
    days=st.integers(1, 400),
    offset=st.integers(0, 399),
)
@settings(deadline=None)
def test_each_day_has_one_row_with_the_utc_offset_at_noon(zone: str, off: set[int], days: int, offset: int) -> None:
    place = ZoneInfo(zone)
    holidays = {"here": {FIRST + n * DAY for n in off}}
    hours = {"here": WorkingHours(place, 480, 1080, "12345")}
    made = list(calendar_rows([("lena", "here")], hours, holidays, FIRST, FIRST + days * DAY))
    day = FIRST + offset % days * DAY
    (row,) = [row for row in made if row.valid_from <= day < row.valid_to]
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=place)
    assert timedelta(minutes=row.utc_offset_minutes) == noon.utcoffset()
    assert row.work_days == ("0" if day in holidays["here"] else "12345")
    assert (made[0].valid_from, made[-1].valid_to) == (FIRST, FIRST + days * DAY)


def calendar(folder: Path, groups: str = GROUPS, people: str = "", holidays: str = "") -> list[dict[str, str]]:
    """The calendar that the command makes of these files."""
    arguments = ["lookups", "calendar", "--from", "2026-01-01", "--days", "365"]
    for name, text in (("groups", groups), ("people", people), ("holidays", holidays)):
        if text:
            (folder / f"{name}.csv").write_text(text)
            arguments += [f"--{name}", str(folder / f"{name}.csv")]
    done = claude_siem(*arguments)
    assert done.returncode == 0, done.stderr
    return list(csv.DictReader(io.StringIO(done.stdout)))


def test_users_have_the_hours_of_their_group_with_daylight_saving_and_holidays(tmp_path: Path) -> None:
    rows = calendar(tmp_path, people="user,group\nLena@Example.com,berlin\n", holidays="group,date\n*,2026-12-25\n")
    assert {row["user"] for row in rows} == {"*", "lena@example.com"}
    lena = [(row["valid_from"], row["utc_offset_minutes"], row["work_days"]) for row in rows if row["user"] != "*"]
    assert lena == [
        ("2026-01-01", "60", "12345"),
        ("2026-03-29", "120", "12345"),
        ("2026-10-25", "60", "12345"),
        ("2026-12-25", "60", "0"),
        ("2026-12-26", "60", "12345"),
    ]


@pytest.mark.parametrize(
    ("groups", "people", "words"),
    [
        ("group,zone\n", "", "column 'start' is missing"),
        (GROUPS.replace("Europe/Berlin", "Europe/Belrin"), "", "line 3: 'Europe/Belrin' is not an IANA time zone"),
        (GROUPS.replace("08:00", "8am"), "", "line 3: '8am' is not a time of day"),
        (GROUPS.replace("18:30", "07:00"), "", "line 3: end 07:00 is not after start 08:00"),
        (GROUPS.replace("Mon-Fri\nb", "Mon-Foo\nb"), "", "line 2: 'Mon-Foo' is not a list of days"),
        (GROUPS, "user,group\nlena@example.com,paris\n", "line 2: unknown group 'paris'; use one of *, berlin"),
    ],
)
def test_an_invalid_line_is_reported_with_the_fix(groups: str, people: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "g.csv").write_text(groups)
    arguments = ["lookups", "calendar", "--groups", str(tmp_path / "g.csv")]
    if people:
        (tmp_path / "p.csv").write_text(people)
        arguments += ["--people", str(tmp_path / "p.csv")]
    done = claude_siem(*arguments)
    assert done.returncode == 2
    assert words in done.stderr


def test_the_bundled_calendar_is_the_default_row_that_the_command_makes(tmp_path: Path) -> None:
    shipped = Path(__file__).parents[2] / "detections/lookups/claude_calendar.csv"
    (default,) = csv.DictReader(shipped.read_text().splitlines())
    (row,) = calendar(tmp_path, GROUPS.rpartition("berlin")[0])
    assert {name: row[name] for name in ("user", "utc_offset_minutes", "work_start", "work_end", "work_days")} == {
        name: default[name] for name in ("user", "utc_offset_minutes", "work_start", "work_end", "work_days")
    }
    assert datetime.fromisoformat(default["valid_from"]).replace(tzinfo=UTC) < datetime.now(UTC)
