"""timechart, chart, xyseries, transpose, addtotals. Source: Search Reference; tables are those of its examples."""

from typing import Any

import pytest

from tests.spl import SplError, Splunk
from tests.spl.world import NOW, column, envelope, over

HOUR = 3600
SALES = """products,quarter,sales
ProductA,QTR1,1200 ProductB,QTR1,1400 ProductC,QTR1,1650 ProductA,QTR2,1425 ProductB,QTR2,1175 ProductC,QTR2,1550
ProductA,QTR3,1300 ProductB,QTR3,1250 ProductC,QTR3,1375 ProductA,QTR4,1550 ProductB,QTR4,1700 ProductC,QTR4,1625"""
"""*addtotals*, example 1."""
HOSTS = "host,count www1,11835 www2,11186 www3,11261"
"""*transpose*, example 1."""


def uses(*pairs: tuple[int, str | None]) -> Splunk:
    """Events of users, so many minutes before now."""
    return Splunk([envelope(NOW - 60 * ago, user=user or []) for ago, user in pairs], now=NOW)


def timechart(splunk: Splunk, rest: str, earliest: str = "-3h@h") -> list[dict[str, Any]]:
    """What timechart makes of the events from `earliest` to now."""
    return splunk.search(f"index=main | timechart {rest}", earliest, "now")


def test_a_chart_has_a_row_a_value_and_a_column_a_value_and_totals_beside_them() -> None:
    found = over(SALES, "chart sum(sales) BY products quarter | addtotals")
    assert [list(row.values()) for row in found] == [
        ["ProductA", 1200, 1425, 1300, 1550, 5475],
        ["ProductB", 1400, 1175, 1250, 1700, 5525],
        ["ProductC", 1650, 1550, 1375, 1625, 6200],
    ]
    assert list(found[0]) == ["products", "QTR1", "QTR2", "QTR3", "QTR4", "Total"]
    same = over(SALES, "chart sum(sales) OVER products BY quarter | addtotals fieldname=Total QTR*")
    assert same == found


def test_a_chart_without_a_column_split_is_stats_and_takes_several_statistics() -> None:
    assert over(SALES, "chart sum(sales) BY products") == over(SALES, "stats sum(sales) BY products")
    assert over("k,n a,1 ,2 b,3", "chart count avg(n) as m over k") == [
        {"k": "a", "count": 1, "m": 1},
        {"k": "b", "count": 1, "m": 3},
    ]


def test_a_cell_where_nothing_was_counts_zero_or_is_null() -> None:
    """*chart*, cont: bins that have no values will display with a count of 0 or null values."""
    rows = "x,y,n a,c,1 b,d,2"
    assert over(rows, "chart count over x by y") == [{"x": "a", "c": 1, "d": 0}, {"x": "b", "c": 0, "d": 1}]
    assert over(rows, "chart sum(n) over x by y") == [{"x": "a", "c": 1}, {"x": "b", "d": 2}]


def test_the_greatest_series_by_their_sum_stay_and_ties_go_by_name() -> None:
    """*timechart*, limit: scored by the sum of the values; AMOUNT before amount before host."""
    rows = "x,y,n a,host,5 a,amount,5 a,AMOUNT,5 a,big,9 b,small,1"
    assert list(over(rows, "chart limit=2 sum(n) over x by y")[0]) == ["x", "AMOUNT", "big", "OTHER"]
    assert list(over(rows, "chart limit=3 sum(n) over x by y")[0]) == ["x", "AMOUNT", "amount", "big", "OTHER"]
    assert column(over(rows, "chart limit=2 sum(n) over x by y"), "OTHER") == [10, 1]
    assert list(over(rows, "chart limit=0 sum(n) over x by y | head 1 | fillnull")[0]) == [
        *("x", "AMOUNT", "amount", "big", "host")
    ]


def test_ten_series_stay_unless_another_limit_is_given() -> None:
    rows = "x,y " + " ".join(f"a,y{number:02}" for number in range(12))
    found = over(rows, "chart count over x by y")[0]
    assert (len(found), found["OTHER"], "y09" in found, "y10" in found) == (12, 2, True, False)


def test_null_and_other_are_series_unless_refused() -> None:
    """*timechart*, tc options: usenull and useother are true; NULL is not one of the limited series."""
    splunk = uses((1, "ann"), (2, "ann"), (3, "bob"), (4, None), (5, None), (6, None))
    assert timechart(splunk, "span=1d limit=1 count by user", "-1h") == [
        {"_time": NOW - 8 * HOUR, "ann": 2, "OTHER": 1, "NULL": 3}
    ]
    assert timechart(splunk, "span=1d limit=1 count by user useother=f usenull=f", "-1h") == [
        {"_time": NOW - 8 * HOUR, "ann": 2}
    ]


def test_a_timechart_has_a_row_for_every_bin_of_the_time_range() -> None:
    """*timechart*: cont and fixedrange are true; partial bins are retained; the span rounds the first start down."""
    splunk = uses((10, "ann"), (130, "bob"))
    assert timechart(splunk, "span=1h count", "-170m") == [
        {"_time": NOW - 3 * HOUR, "count": 1},
        {"_time": NOW - 2 * HOUR, "count": 0},
        {"_time": NOW - HOUR, "count": 1},
    ]
    assert column(timechart(splunk, "span=1h count by user"), "bob") == [1, 0, 0]
    assert column(timechart(uses((70, "ann")), "span=1h count"), "count") == [0, 1, 0]


def test_a_timechart_over_all_time_goes_from_the_first_row_to_the_last() -> None:
    splunk = uses((10, "ann"), (130, "bob"))
    found = splunk.search("index=main | timechart span=1h dc(user) as users avg(n) as mean")
    assert (column(found, "users"), column(found, "mean")) == ([1, 0, 1], [1, None, 1])


def test_statistics_made_before_are_charted_again() -> None:
    splunk = uses((10, "ann"), (20, "ann"), (130, "bob"))
    search = "| tstats count where index=main by user _time span=1h | timechart span=1h sum(count) as n by user"
    assert column(splunk.search(search, "-3h@h", "now"), "ann") == [None, None, 2]


def test_xyseries_makes_columns_of_names() -> None:
    """*xyseries*, the example of categories; what is not there is empty."""
    rows = "categoryId,count,percent STRATEGY,806,30.495649 ARCADE,493,18.653046 TEE,367,13.885736"
    assert over(rows, "xyseries categoryId count percent") == [
        {"categoryId": "ARCADE", "493": "18.653046"},
        {"categoryId": "STRATEGY", "806": "30.495649"},
        {"categoryId": "TEE", "367": "13.885736"},
    ]


def test_xyseries_of_stats_is_chart() -> None:
    """Search Manual, *Build a chart of multiple data series*: chart n by x,y is stats n by x,y | xyseries x y n."""
    by_hand = over(SALES, "sort - quarter | stats sum(sales) as n by quarter products | xyseries products quarter n")
    charted = over(SALES, "chart sum(sales) by products quarter")
    assert [list(row.items()) for row in by_hand] == [list(row.items()) for row in charted]


def test_transpose_makes_columns_of_rows() -> None:
    assert over(HOSTS, "transpose") == [
        {"column": "host", "row 1": "www1", "row 2": "www2", "row 3": "www3"},
        {"column": "count", "row 1": "11835", "row 2": "11186", "row 3": "11261"},
    ]
    assert over(HOSTS, "transpose 2 column_name=figure header_field=host") == [
        {"figure": "count", "www1": "11835", "www2": "11186"}
    ]


def test_transpose_takes_five_rows_by_default() -> None:
    rows = "n " + " ".join("1234567")
    assert [len(over(rows, f"transpose {count}")[0]) for count in ("", "0", "6")] == [6, 8, 7]


REFUSED = [
    ("timechart count", "without span"),
    ("timechart span=1w count", "does not divide a day"),
    ("timechart span=1h useother=f count by user", "useother is not implemented here"),
    ("timechart span=1h count by user span=1h", "span is not implemented here"),
    ("timechart span=1h count sum(n) by user", "one statistic"),
    ("timechart span=1h count by user host", "`host` is not implemented here"),
    ("timechart span=1h limit=3 count", "only valid where a field splits"),
    ("timechart span=1h limit=top3 count by user", "a whole number"),
    ("timechart span=1h sum(n) by n", "not of the field that splits"),
    ("timechart span=1h count by size", "a number is not implemented"),
    ("timechart span=1h limit=1 avg(size) by user", "useother=f"),
    ("timechart span=1h limit=1 values(user) by sourcetype", "no sum"),
    ("timechart span=1h per_hour(n)", "per_hour"),
    ("timechart span=1h cont=f count", "cont is not implemented"),
    ("where n=9 | timechart span=1h count", "no rows"),
    ("timechart span=1s count", "more than 50000 bins"),
    ("eval _time=_time-86400 | timechart span=1h count", "outside the time range"),
    ("fields - _time | timechart span=1h count", "needs _time"),
    ('eval user=split("a,b", ",") | timechart span=1h count by user', "a multivalue"),
    ('eval user="_a" | timechart span=1h count by user', "`_a` cannot name"),
    ('eval user="OTHER" | timechart span=1h count by user', "`OTHER` cannot name"),
    ("chart count", "expected OVER or BY"),
    ("chart count by size", "a number is not implemented"),
    ("chart count over user span=1", "`span` is not implemented here"),
    ("chart sum(n) by user n", "not of the field that splits"),
    ("chart sum(user) by user", "both counted and"),
    ("chart limit=1 count by user", "only valid where a field splits"),
    ("chart count by user sourcetype host", "`host` is not implemented here"),
    ("xyseries user n", "other than three"),
    ("xyseries user n size k", "other than three"),
    ("xyseries index user n", "two rows"),
    ("xyseries source user nothing", "nothing is None"),
    ("transpose", "internal fields"),
    ("table index user | transpose header_field=index", "two rows"),
    ("table user | transpose header_field=nothing", "None cannot name"),
    ("table user | addtotals", "no number"),
    ("table n | eval Total=1 | addtotals", "Total in a row"),
    ('eval n=split("1,2", ",") | addtotals n', "a multivalue"),
    ("addtotals col=t", "col is not implemented"),
]


@pytest.mark.parametrize(("command", "reason"), REFUSED, ids=[pair[0] for pair in REFUSED])
def test_what_the_documentation_leaves_open_is_refused(command: str, reason: str) -> None:
    splunk = Splunk([envelope(NOW - HOUR, user=user, size=n) for n, user in enumerate(("ann", "ann", "bob"))], now=NOW)
    with pytest.raises(SplError, match=reason):
        splunk.search(f"index=main | {command}", "-1d", "now")


def test_a_timechart_of_a_search_with_its_own_time_range_is_refused() -> None:
    for search in (
        "index=main earliest=-1h latest=now",
        "| tstats count where earliest=-1h latest=now by _time span=1h",
    ):
        with pytest.raises(SplError, match="time range of its own"):
            Splunk(now=NOW).search(f"{search} | timechart span=1h count")
