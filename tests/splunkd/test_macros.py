"""Macros replaced on our side give the search that Splunk would have made, at another moment and place."""

import re

import pytest

from forwarder.errors import Reject
from forwarder.splunkd.macros import Macro, Reading
from tests.packages.conf_files import read_conf
from tests.spl import from_conf
from tests.spl.macros import expand

SEARCHES = read_conf("savedsearches")
NOW = 1_776_254_400
MACROS = {
    name: Macro(keys["definition"], tuple(part.strip() for part in keys.get("args", "").split(",") if part.strip()))
    for name, keys in read_conf("macros").items()
}
_COMMENT = re.compile("```.*?```", re.DOTALL)


@pytest.mark.parametrize("name", SEARCHES)
def test_every_shipped_search_is_read_as_another_reader_reads_it_but_for_now(name: str) -> None:
    search = SEARCHES[name]["search"]
    other = expand(search, from_conf(read_conf("macros")))
    ours = Reading(MACROS, NOW).of(search)
    assert _COMMENT.sub(" ", ours) == other.replace("now()", str(NOW))
    assert "now()" not in ours
    assert "`" not in _COMMENT.sub("", ours)


READINGS = [
    ("search `m`", {"m": Macro("a=1")}, "search a=1"),
    ('`m(x, "y, z")`', {"m(2)": Macro("a=$p$ b=$q$ $r$", ("p", "q"))}, "a=x b=y, z $r$"),
    ("`m(f(1, 2), 3)`", {"m(2)": Macro("$p$ - $q$", ("p", "q"))}, "f(1, 2) - 3"),
    ("`outer`", {"outer": Macro("`inner` | head 1"), "inner": Macro("now( )")}, "1776254400 | head 1"),
    ('eval a="now() `m`" ```now() `m` ```', {}, 'eval a="now() `m`" ```now() `m` ```'),
    ("where t > now() - 5 AND unknown() > 0", {}, "where t > 1776254400 - 5 AND unknown() > 0"),
]


@pytest.mark.parametrize(("search", "macros", "read"), READINGS)
def test_quotes_and_comments_are_left_alone_and_the_rest_is_replaced(
    search: str, macros: dict[str, Macro], read: str
) -> None:
    assert Reading(macros, NOW).of(search) == read


@pytest.mark.parametrize(
    ("search", "macros", "words"),
    [
        ("`m`", {}, "macro m is not on the server"),
        ("`m(1)`", {"m": Macro("x")}, r"macro m\(1\) is not on the server"),
        ("`m`", {"m": Macro("`m`")}, "one of them calls itself"),
        ("`m`", {"m": Macro('"a" . "b"', (), evaluated=True)}, "cannot be replaced here: iseval"),
        ("`m(1)`", {"m(1)": Macro("x")}, "other arguments than its name says"),
        ("`m n`", {}, "`m n` is no call of a macro"),
    ],
)
def test_what_cannot_be_replaced_is_refused_by_name(search: str, macros: dict[str, Macro], words: str) -> None:
    with pytest.raises(Reject, match=words):
        Reading(macros, NOW).of(search)
