"""The other commands, and the refusals. Source: Search Reference."""

import pytest

from tests.spl import SplError, Splunk, as_text
from tests.spl.world import NOW, column, envelope, over

USERS = "user,n a,1 b,2 a,3 ,4"


def test_dedup_keeps_the_first_rows_and_drops_those_without_the_field() -> None:
    assert column(over(USERS, "dedup user"), "n") == ["1", "2"]
    assert column(over(USERS, "dedup 2 user"), "n") == ["1", "2", "3"]
    assert column(over(USERS, "dedup user keepempty=true"), "n") == ["1", "2", "4"]


def test_dedup_distinguishes_combinations_and_drops_rows_that_lack_a_field() -> None:
    """*dedup*: an identical combination of values; events where any of the fields is null are dropped, or all kept."""
    rows = "n,a,b 1,x,y 2,x,z 3,x,y 4,x, 5,x, 6,X,y"
    assert column(over(rows, "dedup a b"), "n") == ["1", "2", "6"]
    assert column(over(rows, "dedup a, b keepempty=t"), "n") == ["1", "2", "4", "5", "6"]
    assert column(over(rows, 'fillnull value="MISSING" b | dedup a b'), "n") == ["1", "2", "4", "6"]


def test_dedup_of_a_multivalue_looks_at_all_its_values() -> None:
    """*dedup*, Multivalue fields: the fields must match all values to be deduplicated."""
    rows = 'eval m=split(m, "+") | dedup m'
    assert column(over("n,m 1,a+b 2,a 3,a+b 4,a+c", rows), "n") == ["1", "2", "4"]


def test_dedup_of_events_keeps_the_newest() -> None:
    """*dedup*: the most recent events are searched first."""
    splunk = Splunk([envelope(NOW - ago, user="ann", k=ago) for ago in (50, 10, 90)], now=NOW)
    assert column(splunk.search("index=main | dedup user"), "k") == ["10"]


def test_sort_keeps_10000_rows_by_default() -> None:
    many = "n " + " ".join(str(number) for number in range(1, 10_002))
    for limit, kept in (("", 10_000), ("0", 10_001), ("3", 3)):
        found = over(many, f"sort {limit} - n | stats count max(n) as m")
        assert found == [{"count": kept, "m": 10_001}]


def test_sort_compares_numbers_as_numbers_by_default() -> None:
    assert column(over("a 10 9 x", "sort a"), "a") == ["9", "10", "x"]
    assert column(over("a 10 9 x", "sort str(a)"), "a") == ["10", "9", "x"]
    assert column(over("a,b 1,1 2,1 3,2", "sort -b, +a"), "a") == ["3", "1", "2"]
    with pytest.raises(SplError, match="sign apart"):
        over("a,b 1,1", "sort - a b")


def test_rows_without_the_field_come_last_in_either_order() -> None:
    """*sort*: the smallest possible value if the order is descending, the largest if it is ascending."""
    assert column(over("a,b 2,1 ,2 1,3", "sort a"), "b") == ["3", "1", "2"]
    assert column(over("a,b 2,1 ,2 1,3", "sort -a"), "b") == ["1", "3", "2"]


def test_text_that_sort_may_take_for_a_number_or_an_address_needs_a_type() -> None:
    """*sort*: addresses in their order; text that starts with a number numerically; or lexicographically by pairs."""
    days = "2027-01-15 2026-12-31 2027-01-02"
    assert column(over(f"v {days}", "sort v"), "v") == sorted(days.split())
    for values in ("10.1.a 9.1.a", "10 9a", "10.0.0.10 10.0.0.9", "10.0.0.1 host"):
        with pytest.raises(SplError, match=r"write str\(v\)"):
            over(f"v {values}", "sort v")
    assert column(over("v 9.1.a 10.1.a", "sort str(v)"), "v") == ["10.1.a", "9.1.a"]
    with pytest.raises(SplError, match="multivalue"):
        over("v 1", 'eval v=split("a,b", ",") | sort v')


def test_head_tail_and_reverse() -> None:
    assert column(over(USERS, "head 2"), "n") == ["1", "2"]
    assert column(over(USERS, "tail 2"), "n") == ["4", "3"]
    assert column(over(USERS, "reverse"), "n") == ["4", "3", "2", "1"]


def test_fields_keeps_internal_fields_and_table_does_not() -> None:
    rows = "_time,ab,ac,b 1,2,3,4"
    assert over(rows, "fields a*") == [{"_time": "1", "ab": "2", "ac": "3"}]
    assert over(rows, "fields - a* _time") == [{"b": "4"}]
    assert list(over(rows, "table b a*")[0]) == ["b", "ab", "ac"]


def test_rename_moves_fields_by_name_and_by_pattern() -> None:
    rows = over("a.x,a.y,b 1,2,3", 'rename a.* AS *, b AS "the b"')
    assert rows == [{"x": "1", "y": "2", "the b": "3"}]
    assert over("a,b 1,2", "rename missing AS b") == [{"a": "1"}]


def test_fillnull_fills_the_fields_of_any_row() -> None:
    assert over("a,b 1, ,2", "fillnull") == [{"a": "1", "b": "0"}, {"b": "2", "a": "0"}]
    assert over("a,b 1,", "fillnull value=none b c") == [{"a": "1", "b": "none", "c": "none"}]


def test_mvexpand_makes_a_row_a_value() -> None:
    assert column(over("n 1 2", 'eval m=if(n=1, split("x,y", ","), null()) | mvexpand m'), "m") == ["x", "y", None]


def test_rex_takes_named_groups_out_of_a_field() -> None:
    rows = over("mail,k ann@x.org,1 bob,2", 'rex field=mail "^(?<name>[^@]+)@(?<domain>.+)"')
    assert (column(rows, "name"), column(rows, "domain")) == (["ann", None], ["x.org", None])


def test_spath_reaches_into_json_text() -> None:
    splunk = Splunk(now=NOW)
    json = r'| makeresults | eval j="{\"a\":[{\"b\":1,\"c\":{\"d\":true}},{\"b\":2}]}" | spath input=j '
    assert splunk.search(json + "path=a{}.b output=o | fields o")[0]["o"] == ["1", "2"]
    assert splunk.search(json + "output=o path=a{}.c | fields o")[0]["o"] == '{"d":true}'


def test_append_puts_the_rows_of_a_subsearch_below() -> None:
    assert column(over("n 1", "append [| inputlookup rows | eval n=n+1]"), "n") == ["1", 2]


def test_appendcols_puts_fields_beside_row_by_row_and_keeps_what_is_there() -> None:
    """*appendcols*: first to first, second to second, without internal fields; the main result wins unless override."""
    beside = "[| makeresults | eval n=9, k=5]"
    assert over("n 1 2", f"appendcols {beside}") == [{"n": "1", "k": 5}, {"n": "2"}]
    assert over("n 1 2", f"appendcols override=t {beside}") == [{"n": 9, "k": 5}, {"n": "2"}]
    with pytest.raises(SplError, match="more rows"):
        over("n 1", "appendcols [| makeresults count=2]")


def test_rows_can_be_had_as_text() -> None:
    assert as_text(over("a 1 2", "stats count avg(a) as m values(a) as v")) == [
        {"count": "2", "m": "1.5", "v": ["1", "2"]}
    ]
