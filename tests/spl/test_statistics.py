"""stats, eventstats, streamstats, bin, tstats. Source: Search Reference."""

import pytest

from tests.spl import SplError, Splunk
from tests.spl.world import NOW, column, envelope, over

SIZES = "user,size a,1 b,10 a,2 ,5 a,x c,"


def test_rows_whose_by_field_is_null_belong_to_no_group() -> None:
    """*stats*: one row is returned for each distinct value specified in the BY clause; null is none."""
    assert over(SIZES, "stats count by user") == [
        {"user": "a", "count": 3},
        {"user": "b", "count": 1},
        {"user": "c", "count": 1},
    ]


def test_sums_leave_out_text_and_counts_leave_out_null() -> None:
    found = over(SIZES, "stats count count(size) as held sum(size) as total avg(size) as mean dc(user) as users")
    assert found == [{"count": 6, "held": 5, "total": 18, "mean": 4.5, "users": 3}]


def test_count_eval_counts_where_the_condition_holds() -> None:
    assert over(SIZES, "stats count(eval(size>1)) as big sum(eval(size*2)) as double") == [{"big": 4, "double": 36}]


def test_min_and_max_compare_as_numbers_only_if_all_values_are() -> None:
    assert over("a 9 10", "stats min(a) max(a) range(a)") == [{"min(a)": 9, "max(a)": 10, "range(a)": 1}]
    assert over("a 9 10 x", "stats min(a) max(a)") == [{"min(a)": 10, "max(a)": "x"}]


def test_values_are_distinct_and_sorted_and_list_is_neither() -> None:
    found = over("k b a b", "stats values(k) as v list(k) as l first(k) as f last(k) as t")[0]
    assert (found["v"], found["l"], found["f"], found["t"]) == (["a", "b"], ["b", "a", "b"], "b", "b")


def test_list_keeps_100_values() -> None:
    found = Splunk(now=NOW).search(
        "| makeresults count=150 | streamstats count as n | stats list(n) as l values(n) as v"
    )
    assert (len(found[0]["l"]), len(found[0]["v"])) == (100, 150)


def test_earliest_and_latest_go_by_time_not_by_order() -> None:
    assert over("_time,k 5,e 9,l 7,m", "stats earliest(k) as e latest(k) as l") == [{"e": "e", "l": "l"}]


def test_the_spread_is_that_of_a_sample() -> None:
    found = over("a 2 4 4 4 5 5 7 9", "stats var(a) as v stdev(a) as s")[0]
    assert (found["v"], found["s"]) == (pytest.approx(32 / 7), pytest.approx((32 / 7) ** 0.5))


def test_percentiles_are_values_that_occur() -> None:
    found = over("a 1 2 3 4", "stats median(a) as m p50(a) as h perc95(a) as p p0(a) as z")
    assert found == [{"m": 3, "h": 3, "p": 4, "z": 1}]


def test_percentiles_that_splunk_approximates_are_refused() -> None:
    with pytest.raises(SplError, match="approximate"):
        Splunk(now=NOW).search("| makeresults count=1001 | streamstats count as n | stats p95(n)")


def test_a_multivalue_counts_each_value_and_puts_its_row_in_each_group() -> None:
    rows = 'eval m=split("x,y", ",")'
    assert over("a 1", f"{rows} | stats count(m) as n dc(m) as d by m") == [
        {"m": "x", "n": 2, "d": 2},
        {"m": "y", "n": 2, "d": 2},
    ]


def test_a_value_that_a_row_has_twice_counts_twice() -> None:
    """*stats*: dedup_splitvals, which removes duplicates of a multivalue by-field, is false."""
    assert over("a 1", 'eval m=split("x,x,y", ",") | stats count sum(a) as t dc(m) as d by m') == [
        {"m": "x", "count": 2, "t": 2, "d": 2},
        {"m": "y", "count": 1, "t": 1, "d": 2},
    ]


def test_running_statistics_by_a_multivalue_are_refused() -> None:
    for command in ("eventstats", "streamstats"):
        with pytest.raises(SplError, match=f"{command} by a multivalue"):
            over("a 1", f'eval m=split("x,y", ",") | {command} count by m')


def test_stats_of_no_rows_gives_a_count_of_zero_and_no_groups() -> None:
    assert over("a 1", "where a=2 | stats count") == [{"count": 0}]
    assert over("a 1", "where a=2 | stats count by a") == []
    with pytest.raises(SplError, match="only sure"):
        over("a 1", "where a=2 | stats sum(a)")


def test_eventstats_keeps_rows_and_gives_rows_of_no_group_nothing() -> None:
    found = over("u,n a,1 ,2 a,3", "eventstats sum(n) as t by u")
    assert column(found, "t") == [4, None, 4]


def test_streamstats_gives_rows_of_no_group_nothing_and_does_not_count_them() -> None:
    rows = "u,n a,1 ,2 a,4"
    for command in ("streamstats", "streamstats window=2", "streamstats window=2 global=f"):
        assert column(over(rows, f"{command} sum(n) as t by u"), "t") == [1, None, 5]


def test_streamstats_includes_the_current_row_by_default() -> None:
    assert column(over("n 1 2 3", "streamstats sum(n) as t"), "t") == [1, 3, 6]
    before = over("n 1 2 3", "streamstats current=f sum(n) as t count as c")
    assert (column(before, "t"), column(before, "c")) == ([None, 1, 3], [0, 1, 2])


def test_a_running_statistic_of_more_rows_than_documented_is_refused() -> None:
    with pytest.raises(SplError, match="10000 rows"):
        Splunk(now=NOW).search("| makeresults count=10001 | streamstats count")


def test_a_window_is_shared_by_all_groups_unless_global_is_false() -> None:
    """*streamstats*: global=true is a single window, false a separate window for each group."""
    rows = "u,n a,1 b,10 a,2 b,20 a,4"
    shared = over(rows, "streamstats window=2 sum(n) as t by u")
    apart = over(rows, "streamstats window=2 global=f sum(n) as t by u")
    assert column(shared, "t") == [1, 10, 2, 20, 4]
    assert column(apart, "t") == [1, 10, 3, 30, 6]


def test_a_window_without_current_is_the_rows_before() -> None:
    assert column(over("n 1 2 4 8", "streamstats current=f window=2 sum(n) as t"), "t") == [None, 1, 3, 6]


def test_a_time_window_holds_rows_less_than_its_span_away() -> None:
    rows = "_time,n 100,1 130,2 170,4 300,8"
    assert column(over(rows, "streamstats time_window=60s sum(n) as t"), "t") == [1, 3, 6, 8]
    with pytest.raises(SplError, match="exactly"):
        over("_time,n 100,1 160,2", "streamstats time_window=1m sum(n)")
    with pytest.raises(SplError, match="order"):
        over("_time,n 100,1 160,2 120,2", "streamstats time_window=2m sum(n)")


def test_time_bins_start_at_multiples_since_epoch_0_and_days_at_midnight() -> None:
    """*bin*: aligned to base UTC time (epoch 0); a day, to midnight in the timezone of the user, here UTC."""
    assert column(over("_time 3599 3600 90001", "bin _time span=1h"), "_time") == [0, 3600, 90000]
    assert column(over("_time 90001", "bin span=1d _time AS day"), "day") == [86400]
    assert column(over("_time 3599", "bin _time span=5m"), "_time") == [3300]
    assert column(over("_time 50000 80000", "bucket span=12h _time"), "_time") == [43200, 43200]


def test_numbers_become_ranges() -> None:
    """*stats*, extended example 3: magnitudes with span=1 become -1-0, 0-1, 1-2."""
    assert column(over("mag -0.4 0.0 0.99 1", "bin mag span=1"), "mag") == ["-1-0", "0-1", "0-1", "1-2"]
    assert column(over("n 7 10 -1 x", "bin n span=10"), "n") == ["0-10", "10-20", "-10-0", "x"]


def test_bins_whose_start_is_not_documented_are_refused() -> None:
    for span in ("7h", "1w", "7d", "1mon", "60", "0m", "2log10"):
        with pytest.raises(SplError, match="span"):
            over("_time 1", f"bin _time span={span}")


def test_day_boundaries_need_a_span_in_days() -> None:
    """*timechart*: to use day boundaries, use span=1d, not 86400s, 1440m or 24h."""
    for span in ("86400s", "1440m", "24h"):
        with pytest.raises(SplError, match="write 1d"):
            over("_time 1", f"bin _time span={span}")


def test_tstats_counts_indexed_fields_over_time() -> None:
    events = [envelope(NOW + 60 * n, user=user, size=n) for n, user in enumerate(("a", "A", "b", "a"))]
    splunk = Splunk(events, now=NOW)
    found = splunk.search("| tstats count sum(size) as s where index=main user IN (A*) by user, _time span=2m")
    assert found == [
        {"user": "A", "_time": NOW, "count": 1, "s": 1},
        {"user": "a", "_time": NOW, "count": 1, "s": 0},
        {"user": "a", "_time": NOW + 120, "count": 1, "s": 3},
    ]
    assert splunk.search("| tstats dc(user) as u count where index=main NOT user=b", "+1m") == [{"u": 2, "count": 2}]


def test_tstats_leaves_out_events_that_lack_a_field_it_groups_by() -> None:
    """*tstats*: without fillnull_value, rows for events with null field values are omitted."""
    splunk = Splunk([envelope(NOW, user="a"), envelope(NOW, size=1), envelope(NOW, user="a", size=2)], now=NOW)
    assert splunk.search("| tstats count by user") == [{"user": "a", "count": 2}]
    assert splunk.search("| tstats count by user size") == [{"user": "a", "size": "2", "count": 1}]
    with pytest.raises(SplError, match="by a multivalue"):
        Splunk([envelope(NOW, user=["a", "a"])], now=NOW).search("| tstats count by user")


def test_tstats_refuses_what_is_not_indexed() -> None:
    with pytest.raises(SplError, match="n is no indexed field"):
        Splunk([envelope(NOW, user="a")], now=NOW).search("| tstats count where index=main by n")


def test_tstats_takes_no_options() -> None:
    for option in ("prestats", "summariesonly", "allow_old_summaries", "fillnull_value"):
        with pytest.raises(SplError, match=f"option {option} is not implemented"):
            Splunk(now=NOW).search(f"| tstats {option}=t count where index=main")
