"""Macros expanded by the forwarder give the search that Splunk would run, at another time and place."""

import re

import pytest

from forwarder.errors import Reject
from forwarder.splunkd.macros import Macro, MacroExpansion
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
def test_every_shipped_search_is_expanded_as_by_the_tests_interpreter_except_for_now(name: str) -> None:
    search = SEARCHES[name]["search"]
    other = expand(search, from_conf(read_conf("macros")))
    ours = MacroExpansion(MACROS, NOW).expand(search)
    expected = other.replace("now()", str(NOW)).replace("_indextime", "('metadata.logged_time' / 1000)")
    assert _COMMENT.sub(" ", ours) == expected
    assert "now()" not in ours
    assert "`" not in _COMMENT.sub("", ours)


EXPANSIONS = [
    ("search `m`", {"m": Macro("a=1")}, "search a=1"),
    ('`m(x, "y, z")`', {"m(2)": Macro("a=$p$ b=$q$ $r$", ("p", "q"))}, "a=x b=y, z $r$"),
    ("`m(f(1, 2), 3)`", {"m(2)": Macro("$p$ - $q$", ("p", "q"))}, "f(1, 2) - 3"),
    ("`outer`", {"outer": Macro("`inner` | head 1"), "inner": Macro("now( )")}, "1776254400 | head 1"),
    ('eval a="now() `m`" ```now() `m` ```', {}, 'eval a="now() `m`" ```now() `m` ```'),
    ("where t > now() - 5 AND unknown() > 0", {}, "where t > 1776254400 - 5 AND unknown() > 0"),
]


@pytest.mark.parametrize(("search", "macros", "read"), EXPANSIONS)
def test_quotes_and_comments_are_unchanged_and_the_rest_is_replaced(
    search: str, macros: dict[str, Macro], read: str
) -> None:
    assert MacroExpansion(macros, NOW).expand(search) == read


@pytest.mark.parametrize(
    ("search", "macros", "words"),
    [
        ("`m`", {}, "macro m is not on the server"),
        ("`m(1)`", {"m": Macro("x")}, r"macro m\(1\) is not on the server"),
        ("`m`", {"m": Macro("`m`")}, "one of them calls itself"),
        ("`m`", {"m": Macro('"a" . "b"', (), evaluated=True)}, "cannot be expanded here: iseval"),
        ("`m(1)`", {"m(1)": Macro("x")}, "other arguments than its name declares"),
        ("`m n`", {}, "`m n` is not a macro call"),
    ],
)
def test_a_macro_that_cannot_be_expanded_is_refused_by_name(search: str, macros: dict[str, Macro], words: str) -> None:
    with pytest.raises(Reject, match=words):
        MacroExpansion(macros, NOW).expand(search)
