"""The search command: predicates, time ranges, subsearches. Source: Search Manual and Search Reference, *search*."""

import pytest

from tests.spl import Lookup, SplError, Splunk, from_conf, ocsf_envelope
from tests.spl.world import NOW, column, envelope, over

USERS = "n,user,size 1,ann,9 2,Bob,10 3,,11 4,ann2,100"


@pytest.mark.parametrize(
    ("predicate", "found"),
    [
        ("user=ANN", "1"),
        ("user=ann*", "1 4"),
        ("user!=ann", "2 4"),
        ("NOT user=ann", "2 3 4"),
        ("user=*", "1 2 4"),
        ("NOT user=*", "3"),
        ("user IN (bob, ann?, an*2)", "2 4"),
        ("NOT user IN (bob)", "1 3 4"),
        ("size>9", "2 3 4"),
        ("size=10.0", "2"),
        ("size>=10 size<100", "2 3"),
        ("size=9 OR size=10 user=ann", "1"),
        ("user=ann OR (size=10 AND user=ann)", "1"),
        ("*", "1 2 3 4"),
    ],
)
def test_a_predicate_selects(predicate: str, found: str) -> None:
    assert " ".join(column(over(USERS, f"search {predicate}"), "n")) == found


def test_or_binds_tighter_than_and_in_search_but_not_in_where() -> None:
    rows = "n,a,b 1,0,0 2,1,0 3,1,1"
    assert column(over(rows, "search n=1 OR a=1 b=1"), "n") == ["3"]
    assert column(over(rows, "where n=1 OR a=1 AND b=1"), "n") == ["1", "3"]


def test_events_come_newest_first_and_latest_is_exclusive() -> None:
    splunk = Splunk([envelope(NOW - 20, k="a"), envelope(NOW - 10, k="b"), envelope(NOW, k="c")], now=NOW)
    assert column(splunk.search("n=1"), "k") == ["c", "b", "a"]
    assert column(splunk.search("n=1", "-10s", "now"), "k") == ["b"]
    assert column(splunk.search("n=1 earliest=-20s latest=-10s"), "k") == ["a"]


def test_a_time_range_inside_a_search_replaces_the_one_given() -> None:
    """*Time modifiers*: it overrides the picker's; without latest, the default value now is used."""
    splunk = Splunk([envelope(NOW + ago, k=ago) for ago in (-10_000, -60, 60)], now=NOW)
    assert column(splunk.search("n=1 earliest=-1h"), "k") == ["-60"]
    assert column(splunk.search("n=1 earliest=-1d", "-1m", "+1h"), "k") == ["-60", "-10000"]
    assert column(splunk.search("n=1 latest=-1h"), "k") == ["-10000"]
    with pytest.raises(SplError, match="give both"):
        splunk.search("n=1 latest=now", "-2h", "now")


PONIES = """ID,Name,Color,Location
101M3,McIntosh,Chestnut,Marin_Meadows 104F5,Lyra,Bay, 104M6,Rutherford,Dun,Placer_Pastures 101F2,Rarity,,Marin_Meadows
102M7,Dash,Black,Calaveras_Farms 102M1,Roan,, 101F6,,Chestnut,Marin_Meadows 104F4,Pinkie,Sorrel,Placer_Pastures
102M8,Spike,Grey,Calaveras_Farms"""


def test_not_finds_what_has_no_value_and_unequal_does_not() -> None:
    """Search Manual, *Difference between != and NOT*: its events and its results."""
    unequal = ["101M3", "104M6", "101F2", "101F6", "104F4"]
    assert column(over(PONIES, "search Location!=Calaveras_Farms"), "ID") == unequal
    negated = ["101M3", "104F5", "104M6", "101F2", "102M1", "101F6", "104F4"]
    assert column(over(PONIES, "search NOT Location=Calaveras_Farms"), "ID") == negated
    assert len(over(PONIES, "search Location!=nowhere")) == 7
    assert len(over(PONIES, "search NOT Location=nowhere")) == 9
    assert len(over(PONIES, "search NOT Location!=Calaveras_Farms")) == 4


def test_index_time_selects_events_by_when_they_were_collected() -> None:
    late = envelope(NOW - 86400, {"n": 1, "metadata": {"logged_time": (NOW - 30) * 1000}}, k="late")
    old = envelope(NOW - 60, {"n": 1, "metadata": {"logged_time": (NOW - 3600) * 1000}}, k="old")
    splunk = Splunk([late, old], now=NOW)
    assert column(splunk.search("n=1 _index_earliest=-5m _index_latest=now"), "k") == ["late"]
    assert splunk.search("n=1 _index_earliest=-5m", "-1h", "now") == []


def test_index_time_ranges_include_earliest_and_exclude_latest() -> None:
    """*Time modifiers*, Searching based on index time: indexed in the previous hour is -h@h until @h."""
    indexed = {"old": -3601, "first": -3600, "last": -1, "next": 0}
    events = [envelope(NOW - 9999, k=k) | {"_indextime": NOW + at} for k, at in indexed.items()]
    splunk = Splunk(events, now=NOW)
    hour = "index=main _index_earliest=-h@h _index_latest=@h"
    assert sorted(column(splunk.search(hour), "k")) == ["first", "last"]
    assert splunk.search(f"| tstats count where {hour}") == [{"count": 2}]
    assert splunk.search(hour, "-1h", "now") == []
    for refused in ("n=1 OR _index_earliest=-h", "NOT _index_latest=@h", "_index_earliest>=-h"):
        with pytest.raises(SplError, match=r"joined by AND|takes `=` only"):
            splunk.search(f"index=main ({refused})")


def test_index_time_of_an_event_that_has_none_is_an_error() -> None:
    with pytest.raises(SplError, match="_indextime"):
        Splunk([envelope(NOW)], now=NOW).search("n=1 _index_earliest=-5m")


def test_only_the_default_index_is_searched_unless_one_is_named() -> None:
    splunk = Splunk([envelope(NOW) | {"index": name} for name in ("main", "claude", "_audit")], now=NOW)
    assert column(splunk.search("n=1"), "index") == ["main"]
    assert column(splunk.search("index=claude OR index=x"), "index") == ["claude"]
    assert sorted(column(splunk.search("index=*"), "index")) == ["claude", "main"]


def test_a_phrase_is_found_in_raw_as_whole_terms() -> None:
    splunk = Splunk([envelope(NOW, {"note": "the Quick_brown fox"})], now=NOW)
    assert len(splunk.search('"quick_brown fox"')) == 1
    assert len(splunk.search("brown")) == 1
    assert splunk.search("brow") == []
    assert len(splunk.search("brow*")) == 1


def test_json_members_become_fields_and_arrays_multivalues() -> None:
    event = {"a": {"b": 1.50, "c": True}, "list": [{"d": 1}, {"d": "x"}], "tags": ["t"], "e": "", "z": None, "no": []}
    row = Splunk([envelope(NOW, event)], now=NOW).search("index=main")[0]
    assert (row["a.b"], row["a.c"], row["list{}.d"], row["tags{}"], row["e"]) == ("1.5", "true", ["1", "x"], "t", "")
    assert (row["z"], row.get("no{}")) == ("null", None)
    assert row["_raw"].startswith('{"a":{"b":1.5,')


def test_an_ocsf_event_has_its_own_time_and_is_indexed_when_it_was_collected() -> None:
    event = {"time": NOW * 1000 - 500, "metadata": {"uid": "u1", "logged_time": NOW * 1000}}
    splunk = Splunk([ocsf_envelope(event, fields={"claude_uid": "u1"})], now=NOW)
    found = splunk.search("index=claude sourcetype=ocsf:* metadata.uid=u1 claude_uid=u1 _index_earliest=-0s")
    assert [(row["_time"], row["_indextime"]) for row in found] == [(NOW - 0.5, NOW)]


def test_any_value_of_a_multivalue_may_match_but_unequal_is_refused() -> None:
    splunk = Splunk([envelope(NOW, {"r": ["a", "b"]})], now=NOW)
    assert len(splunk.search("r{}=b")) == 1
    assert splunk.search("NOT r{}=b") == []
    assert len(splunk.search("r{}>a")) == 1
    with pytest.raises(SplError, match="write NOT"):
        splunk.search("r{}!=b")


def test_a_network_equals_the_addresses_in_it() -> None:
    addresses = "n,ip 1,10.1.2.3 2,11.0.0.1 3,2001:db8::1 4,host"
    assert column(over(addresses, "search ip=10.0.0.0/8 OR ip=2001:db8::/32"), "n") == ["1", "3"]
    assert column(over(addresses, "search ip!=10.0.0.0/8"), "n") == ["2", "3", "4"]


def test_a_subsearch_becomes_its_rows_joined_by_or() -> None:
    wanted = Lookup.from_csv("user,k\na,1\nb,2\n")
    events = [envelope(NOW - 60, user=user, k=k) for user, k in (("a", 1), ("a", 2), ("b", 2))]
    splunk = Splunk(events, now=NOW, lookups={"wanted": wanted})
    assert sorted(column(splunk.search("[| inputlookup wanted]"), "user")) == ["a", "b"]
    assert len(splunk.search("[| inputlookup wanted | fields user]")) == 3
    assert splunk.search("[| inputlookup wanted where user=z]") == []
    several = '[| makeresults | eval user=split("a,b", ",")]'
    assert len(splunk.search(f"index=main {several}")) == 3
    assert len(splunk.search(f"index=main NOT {several}")) == 0
    for row, reason in (('eval search="a"', "search text"), ("fields _time", "without fields")):
        with pytest.raises(SplError, match=reason):
            splunk.search(f"[| makeresults | {row}]")


def test_time_bounds_in_a_search_do_not_reach_its_subsearch_but_the_range_given_does() -> None:
    splunk = Splunk([envelope(NOW - 7200, user="a"), envelope(NOW - 60, user="a")], now=NOW)
    nested = "index=main {} [search index=main | stats count by user | where count={} | fields user]"
    assert len(splunk.search(nested.format("earliest=-1h latest=now", 2))) == 1
    assert len(splunk.search(nested.format("", 1), "-1h", "now")) == 1
    assert splunk.search(nested.format("", 2), "-1h", "now") == []


def test_a_subsearch_gives_no_more_than_10000_rows() -> None:
    """limits.conf.spec, [subsearch] maxout: 10000; *append*: 50000."""
    numbers = " ".join(str(number) for number in range(1, 10_003))
    assert column(over(f"n {numbers}", "search n>9998 [| inputlookup rows | fields n]"), "n") == ["9999", "10000"]
    appended = "| makeresults | append [| makeresults count=50001] | stats count"
    assert Splunk(now=NOW).search(appended) == [{"count": 50_001}]


def test_macros_take_arguments_and_nest_and_comments_go() -> None:
    stanzas = {
        "base": {"definition": 'index=main `only("a, b", n)`'},
        "only(2)": {"definition": 'search_k="$value$" $name$=1', "args": "value, name"},
    }
    event = envelope(NOW, search_k="a, b")
    splunk = Splunk([event], now=NOW, macros=from_conf(stanzas))
    assert len(splunk.search("`base` ```chosen | by hand``` | search n=1")) == 1
    for wrong in ("`nothing`", "`only(1)`"):
        with pytest.raises(SplError, match="not defined"):
            splunk.search(wrong)
