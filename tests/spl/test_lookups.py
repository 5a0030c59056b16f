"""lookup, inputlookup, outputlookup. Source: Search Reference; transforms.conf.spec for what a definition says."""

import pytest

from tests.spl import Lookup, SplError, Splunk
from tests.spl.world import NOW, column, over


def splunk_with(table: Lookup) -> Splunk:
    """A search head with the table t."""
    return Splunk(now=NOW, lookups={"t": table})


NETWORKS = "net,name\n10.0.0.0/8,inside\n10.1.0.0/16,office\n2001:db8::/32,six\n"


def test_a_lookup_matches_networks_and_gives_every_match() -> None:
    table = {"nets": Lookup.from_csv(NETWORKS, match_type={"net": "CIDR"})}
    search = '| makeresults | eval ip="{}" | lookup nets net AS ip OUTPUT name AS zone | fields zone'
    splunk = Splunk(now=NOW, lookups=table)
    found = [
        splunk.search(search.format(ip))[0].get("zone") for ip in ("10.2.0.1", "10.1.0.1", "2001:db8::1", "8.8.8.8")
    ]
    assert found == ["inside", ["inside", "office"], "six", None]


def test_a_network_of_a_lookup_may_have_host_bits_and_what_is_no_address_is_in_none() -> None:
    content = "net,name\n10.1.2.3/16,office\nnonsense,x\n0.0.0.0/0,all\n"
    splunk = Splunk(now=NOW, lookups={"nets": Lookup.from_csv(content, match_type={"net": "CIDR"})})
    search = '| makeresults | eval ip="{}" | lookup nets net AS ip OUTPUT name | fields name'
    found = [splunk.search(search.format(ip))[0].get("name") for ip in ("10.1.255.255", "10.2.0.0", "::1", "nonsense")]
    assert found == [["office", "all"], "all", None, None]


def test_wildcards_stand_in_the_table_for_any_text_and_match_the_whole_value() -> None:
    """transforms.conf.spec, match_type WILDCARD; other columns are exact, rows come in file order."""
    content = "user,kind,team\n*@x.org,a,X\nann@*,a,A\na*n*g,b,B\n"
    splunk = splunk_with(Lookup.from_csv(content, match_type={"user": "WILDCARD"}))
    search = '| makeresults | eval user="{}", kind="{}" | lookup t user kind OUTPUT team | fields team'
    asked = [("ann@x.org", "a"), ("ann@x.org", "b"), ("bob@x.org.uk", "a"), ("*@x.org", "a"), ("an@x.org", "a*")]
    found = [splunk.search(search.format(*values))[0].get("team") for values in asked]
    assert found == [["X", "A"], "B", None, "X", None]


def test_without_wildcards_in_its_definition_a_lookup_matches_exactly() -> None:
    """transforms.conf.spec: EXACT is the default, and so is case_sensitive_match."""
    splunk = splunk_with(Lookup.from_csv("user,team\nann*,A\nbob,B\n10.0.0.0/8,N\n"))
    search = '| makeresults | eval user="{}" | lookup t user OUTPUT team | fields team'
    found = [splunk.search(search.format(user))[0].get("team") for user in ("anna", "ann*", "Bob", "bob", "10.1.1.1")]
    assert found == [None, "A", None, "B", None]


def test_how_many_rows_match_without_max_matches_depends_on_the_version() -> None:
    """transforms.conf.spec: the default was 1000 and is 100."""
    search = '| makeresults | eval user="ann" | lookup t user OUTPUT n | eval m=mvcount(n) | table m'
    tables = {rows: "user,n\n" + "".join(f"ann,{number}\n" for number in range(rows)) for rows in (100, 101, 1001)}
    assert splunk_with(Lookup.from_csv(tables[100])).search(search) == [{"m": 100}]
    for rows, most, found in ((101, 1000, 101), (1001, 1000, 1000), (101, 100, 100)):
        assert splunk_with(Lookup.from_csv(tables[rows], max_matches=most)).search(search) == [{"m": found}]
    with pytest.raises(SplError, match="set max_matches"):
        splunk_with(Lookup.from_csv(tables[101])).search(search)


def test_a_lookup_of_a_multivalue_is_refused_and_of_null_finds_nothing() -> None:
    splunk = splunk_with(Lookup.from_csv("user,team\n*,A\n", match_type={"user": "WILDCARD"}))
    with pytest.raises(SplError, match="lookup of the multivalue user"):
        splunk.search('| makeresults | eval user=split("ann,bob", ",") | lookup t user OUTPUT team')
    assert column(splunk.search("| makeresults | lookup t user OUTPUT team"), "team") == [None]


def test_a_lookup_matches_wildcards_and_case_as_defined() -> None:
    content = "user,team\nann*,A\n*,all\n"
    search = '| makeresults | eval user="Anna" | lookup t user | fields team'
    strict = Lookup.from_csv(content, match_type={"user": "WILDCARD"}, max_matches=1)
    loose = Lookup.from_csv(content, match_type={"user": "WILDCARD"}, max_matches=1, case_sensitive_match=False)
    assert column(Splunk(now=NOW, lookups={"t": strict}).search(search), "team") == ["all"]
    assert column(Splunk(now=NOW, lookups={"t": loose}).search(search), "team") == ["A"]


def test_a_lookup_without_a_match_gives_its_default() -> None:
    table = Lookup.from_csv("user,team\nann,A\n", min_matches=1, default_match="none")
    search = '| makeresults | eval user="bob" | lookup t user OUTPUTNEW team | fields team'
    assert column(Splunk(now=NOW, lookups={"t": table}).search(search), "team") == ["none"]


def test_outputnew_leaves_what_is_there_and_output_replaces_it() -> None:
    splunk = Splunk(now=NOW, lookups={"t": Lookup.from_csv("user,team\nann,A\n")})
    search = '| makeresults | eval user="{}", team="old" | lookup t user {} team | fields team'
    assert column(splunk.search(search.format("ann", "OUTPUTNEW")), "team") == ["old"]
    assert column(splunk.search(search.format("ann", "OUTPUT")), "team") == ["A"]
    with pytest.raises(SplError, match="without a match"):
        splunk.search(search.format("bob", "OUTPUT"))


def test_inputlookup_adds_the_rows_of_a_table() -> None:
    assert column(over("n 1 2", "inputlookup append=t rows where n>1"), "n") == ["1", "2", "2"]


def written(search: str, table: str = "A,D,J\n1,2,3\n") -> Splunk:
    """What there is after a search that writes to the table t."""
    splunk = Splunk(now=NOW, lookups={"t": Lookup.from_csv(table)})
    splunk.search(search)
    return splunk


FOUND = "| makeresults | eval A=4, C=5, J=6 | table A C J"


def test_outputlookup_replaces_a_table_and_its_columns() -> None:
    """*outputlookup*, Append results: with append=false, A, C and J are written and D is not retained."""
    splunk = written(f"{FOUND} | outputlookup t")
    assert splunk.search("| inputlookup t") == [{"A": "4", "C": "5", "J": "6"}]
    assert splunk.search("| makeresults | eval A=4 | lookup t A OUTPUT C | table C") == [{"C": "5"}]


def test_outputlookup_appends_the_columns_that_the_table_has() -> None:
    """*outputlookup*, Append results: with append=true, A and J are written, C is lost, D is retained."""
    splunk = written(f"{FOUND} | outputlookup append=true t")
    assert splunk.search("| inputlookup t") == [{"A": "1", "D": "2", "J": "3"}, {"A": "4", "J": "6"}]
    with pytest.raises(SplError, match="no column C"):
        splunk.search("| makeresults | eval A=4 | lookup t A OUTPUT C")


def test_outputlookup_of_no_rows_deletes_the_table_by_default() -> None:
    """*outputlookup*, override_if_empty: the existing output file is deleted; example 3."""
    with pytest.raises(SplError, match="not defined"):
        written(f"{FOUND} | where A=0 | outputlookup t").search("| inputlookup t")
    kept = written(f"{FOUND} | where A=0 | outputlookup t override_if_empty=false")
    assert len(kept.search("| inputlookup t")) == 1
    with pytest.raises(SplError, match="append=t of no rows"):
        written(f"{FOUND} | where A=0 | outputlookup append=t t")


def test_outputlookup_makes_files_but_not_definitions_and_merges_multivalues() -> None:
    """*outputlookup*, filename and tablename; Multivalued fields: merged into a single space-delimited value."""
    splunk = written('| makeresults | eval m=split("x,y", ",") | table m | outputlookup new.csv')
    assert splunk.search("| inputlookup new.csv") == [{"m": "x y"}]
    for refused in (
        f"{FOUND} | outputlookup u",
        f"{FOUND} | outputlookup key_field=A t",
        "| makeresults | outputlookup t",
    ):
        with pytest.raises(SplError):
            written(refused)


def test_a_table_written_keeps_how_its_columns_match() -> None:
    table = Lookup.from_csv("net,name\n10.0.0.0/8,inside\n", match_type={"net": "CIDR"})
    splunk = Splunk(now=NOW, lookups={"nets": table})
    find = '| makeresults | eval ip="10.1.1.1" | lookup nets net AS ip OUTPUT name | table name'
    assert column(splunk.search(find), "name") == ["inside"]
    splunk.search('| makeresults | eval net="10.1.0.0/16", name="office" | table net name | outputlookup nets')
    assert column(splunk.search(find), "name") == ["office"]
