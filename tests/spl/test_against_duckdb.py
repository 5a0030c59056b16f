"""The same questions asked of DuckDB in SQL: two independent readings of generated events must agree."""

import random
from typing import Any, NamedTuple

import duckdb
import pytest

from tests.spl import Splunk
from tests.spl.world import NOW, envelope

SEEDS = [1, 2, 3]


class Use(NamedTuple):
    """One generated event."""

    time: int
    user: str | None
    code: str
    tokens: int | None


class World:
    """Generated events, in both engines."""

    def __init__(self, seed: int, count: int = 400) -> None:
        chance = random.Random(seed)
        users = ["ann", "bob", "cyd", "dan", None]
        times = chance.sample(range(NOW - 5 * 86400, NOW), count)
        self.uses = [
            Use(time, chance.choice(users), chance.choice("abc"), chance.choice([None, *range(1, 2000, 7)]))
            for time in times
        ]
        self.splunk = Splunk([self._envelope(use) for use in self.uses], now=NOW)
        self.sql = duckdb.connect()
        self.sql.execute("create table uses (time bigint, user_name text, code text, tokens bigint)")
        self.sql.executemany("insert into uses values (?, ?, ?, ?)", self.uses)

    def _envelope(self, use: Use) -> dict[str, Any]:
        fields = {name: value for name, value in use._asdict().items() if value is not None and name != "time"}
        return envelope(use.time, **fields)

    def agree(self, spl: str, sql: str, earliest: str | None = None, **parameters: int) -> int:
        """Compares the rows as sets of named figures, and returns their number."""
        asked = self.sql.execute(sql, parameters) if parameters else self.sql.execute(sql)
        names = [column[0] for column in asked.description or ()]
        expected = [dict(zip(names, row, strict=True)) for row in asked.fetchall()]
        found = self.splunk.search(spl, earliest)
        assert sorted(map(_plain, found)) == sorted(map(_plain, expected))
        return len(found)


def _plain(row: dict[str, Any]) -> str:
    return str(sorted((name, _figure(value)) for name, value in row.items() if value is not None))


def _figure(value: Any) -> str:
    return f"{float(value):.6f}" if isinstance(value, int | float) else str(value)


@pytest.fixture(params=SEEDS)
def world(request: pytest.FixtureRequest) -> World:
    """One generated world a seed."""
    return World(request.param)


def test_stats_by_group_agrees(world: World) -> None:
    rows = world.agree(
        "index=main | stats count count(tokens) as held sum(tokens) as total avg(tokens) as mean min(tokens) as low "
        "max(tokens) as high dc(code) as codes stdev(tokens) as spread var(tokens) as v range(tokens) as r by user",
        "select user_name as user, count(*) as count, count(tokens) as held, sum(tokens) as total, "
        "avg(tokens) as mean, min(tokens) as low, max(tokens) as high, count(distinct code) as codes, "
        "stddev_samp(tokens) as spread, var_samp(tokens) as v, max(tokens) - min(tokens) as r "
        "from uses where user_name is not null group by all",
    )
    assert rows == 4


def test_hourly_buckets_agree_with_tstats_and_with_sql(world: World) -> None:
    sql = (
        "select user_name as user, time // 3600 * 3600 as _time, count(*) as count, sum(tokens) as total "
        "from uses where user_name is not null and time >= $since group by all"
    )
    tstats = "| tstats count sum(tokens) as total where index=main by user _time span=1h"
    assert world.agree(tstats, sql, "-2d", since=NOW - 2 * 86400) > 50
    stats = "index=main | bin _time span=1h | stats count sum(tokens) as total by user _time"
    world.agree(stats, sql, "-2d", since=NOW - 2 * 86400)


def test_a_timechart_with_the_greatest_users_others_and_null_agrees(world: World) -> None:
    rows = world.agree(
        "index=main | timechart span=6h limit=2 sum(tokens) as total by user",
        "with best as (select user_name from uses where user_name is not null group by all "
        "order by sum(tokens) desc, user_name limit 2), "
        "bins as (select unnest(generate_series(min(time) // 21600, max(time) // 21600)) * 21600 as _time from uses), "
        "named as (select *, case when user_name is null then 'NULL' when user_name in (from best) then user_name "
        "else 'OTHER' end as series from uses) "
        "pivot (select _time, series, tokens from bins left join named on time // 21600 * 21600 = _time) "
        "on series in ('ann', 'bob', 'cyd', 'dan', 'NULL', 'OTHER') using sum(tokens) group by _time",
    )
    assert rows > 18


def test_a_chart_of_counts_agrees(world: World) -> None:
    rows = world.agree(
        "index=main | chart count(tokens) over user by code",
        'pivot (select user_name as "user", code, tokens from uses where user_name is not null) '
        'on code using count(tokens) group by "user"',
    )
    assert rows == 4


def test_case_and_distinct_counts_agree(world: World) -> None:
    world.agree(
        'index=main | eval size=case(isnull(tokens), "none", tokens<700, "small", tokens<1400, "middle", true(), "big")'
        ' | stats dc(user) as users count(eval(code="a" OR code="b")) as ab by size',
        "select case when tokens is null then 'none' when tokens < 700 then 'small' when tokens < 1400 then 'middle' "
        "else 'big' end as size, count(distinct user_name) as users, count(*) filter (code in ('a', 'b')) as ab "
        "from uses group by all",
    )


@pytest.mark.parametrize("window", [1, 5, 24])
def test_a_leave_one_out_baseline_a_user_agrees(world: World, window: int) -> None:
    rows = world.agree(
        f"index=main user=* | sort 0 _time | streamstats current=f window={window} global=f count as n "
        "avg(tokens) as mean sum(tokens) as total max(tokens) as high by user | table _time user n mean total high",
        "select time as _time, user_name as user, count(*) over w as n, avg(tokens) over w as mean, "
        "sum(tokens) over w as total, max(tokens) over w as high from uses where user_name is not null "
        "window w as (partition by user_name order by time rows between $window preceding and 1 preceding)",
        window=window,
    )
    assert rows > 200


def test_a_spike_over_its_baseline_agrees(world: World) -> None:
    rows = world.agree(
        "index=main user=* | sort 0 _time | streamstats current=f window=48 global=f count(tokens) as n "
        "avg(tokens) as a stdev(tokens) as s by user "
        "| where n>=12 AND tokens>a+1.5*max(s, a*0.25) | table _time user n a s",
        "with b as (select *, count(tokens) over w as n, avg(tokens) over w as a, stddev_samp(tokens) over w as s "
        "from uses where user_name is not null "
        "window w as (partition by user_name order by time rows between 48 preceding and 1 preceding)) "
        "select time as _time, user_name as user, n, a, s from b "
        "where n >= 12 and tokens > a + 1.5 * greatest(s, a * 0.25)",
    )
    assert rows > 5


def test_a_running_total_agrees(world: World) -> None:
    world.agree(
        "index=main | sort 0 _time | streamstats count as n sum(tokens) as t avg(tokens) as a by code "
        "| table _time n t a",
        "select time as _time, count(*) over w as n, sum(tokens) over w as t, avg(tokens) over w as a from uses "
        "window w as (partition by code order by time rows unbounded preceding)",
    )


def test_a_time_window_agrees(world: World) -> None:
    world.agree(
        "index=main user=* | sort 0 _time | streamstats time_window=2h count as n by user | table _time user n",
        "select time as _time, user_name as user, count(*) over w as n from uses where user_name is not null "
        "window w as (partition by user_name order by time range between 7199 preceding and current row)",
    )


def test_eventstats_agrees(world: World) -> None:
    world.agree(
        "index=main | eventstats avg(tokens) as mean dc(code) as codes by user "
        "| where tokens>mean | table _time user mean codes",
        "with m as (select *, avg(tokens) over (partition by user_name) as mean from uses), "
        "c as (select user_name, count(distinct code) as codes from uses group by all) "
        "select time as _time, m.user_name as user, mean, codes from m join c on m.user_name = c.user_name "
        "where tokens > mean",
    )


def test_the_latest_row_a_user_agrees(world: World) -> None:
    world.agree(
        "index=main | dedup user | table user code _time",
        "select user_name as user, arg_max(code, time) as code, max(time) as _time from uses "
        "where user_name is not null group by all",
    )
    world.agree(
        "index=main | stats latest(code) as newest earliest(code) as oldest by user",
        "select user_name as user, arg_max(code, time) as newest, arg_min(code, time) as oldest from uses "
        "where user_name is not null group by all",
    )
