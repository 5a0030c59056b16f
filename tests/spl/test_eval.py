"""Expressions of eval: null, numbers and text, multivalues. Source: Search Reference, *Evaluation functions*."""

from typing import Any

import pytest

from tests.spl import SplError
from tests.spl.world import NOW, column, over, value

EXPRESSIONS: list[tuple[str, Any]] = [
    ("if(missing=1, 1, 2)", 2),
    ("if(missing!=1, 1, 2)", 2),
    ("if(isnull(missing) AND isnotnull(a), 1, 2)", 1),
    ("if(missing=1 OR a=1, 1, 2)", 1),
    ("missing + 1", None),
    ("missing . a", None),
    ("if(NOT (missing=1 AND a=2), 1, 2)", 1),
    ("if(NOT (missing=1 OR a=1), 1, 2)", 2),
    ('if(isnull(""), 1, 2)', 2),
    ('coalesce("", a)', ""),
    ("lower(missing)", None),
    ("nullif(a, 1)", None),
    ("coalesce(missing, null(), b)", "2"),
    ('case(a=2, "two", missing=1, "no", true(), "other")', "other"),
    ('case(a=2, "two")', None),
    ("a + b", 3),
    ("a . b", "12"),
    ("a + b * 2 - -1", 6),
    ("7 % 4", 3),
    ("1 / 0", None),
    ('"x" + "y"', "xy"),
    ('"x" - 1', None),
    ("if(10 > 9, 1, 0)", 1),
    ('if("b" > "a", 1, 0)', 1),
    ("if(a IN (1, 2), 1, 0)", 1),
    ('if("abc" LIKE "a%", 1, 0)', 1),
    ('if(like("abc", "a_"), 1, 0)', 0),
    ('if(match("user@x.org", "^\\w+@x\\.org$"), 1, 0)', 1),
    ('if(cidrmatch("10.0.0.0/8", "10.1.2.3"), 1, 0)', 1),
    ('if(cidrmatch("2001:db8::/32", "10.1.2.3"), 1, 0)', 0),
    ('tonumber("0x1")', None),
    ('tonumber("ff", 16)', 255),
    ("tostring(a=1)", "True"),
    ('len("höhe")', 4),
    ('upper("aB") . lower("aB")', "ABab"),
    ('substr("splunk", 2, 3)', "plu"),
    ('substr("splunk", -3)', "unk"),
    ('replace("2026-11-21", "(\\d+)-(\\d+)-(\\d+)", "\\3.\\2")', "21.11"),
    ("round(2.5)", 3),
    ("round(-2.5)", -3),
    ("round(2.345, 2)", 2.35),
    ("floor(-1.5) . ceiling(1.2) . ceil(1.2)", "-222"),
    ("abs(-3) + sqrt(16) + pow(2, 3)", 15),
    ("sqrt(-1)", None),
    ("round(exp(ln(5))) + log(100)", 7),
    ("log(8, 2)", 3),
    ('max(1, 3, "10", missing)', "10"),
    ('max(9, "abc")', "abc"),
    ("min(2, 1)", 1),
    ('mvindex(split("a,b,c", ","), -2, -1)', ["b", "c"]),
    ('mvindex(split("a,b,c", ","), 3)', None),
    ('mvcount(split("a,b,c", ","))', 3),
    ("mvcount(missing)", None),
    ('mvjoin(mvappend("a", missing, split("b,c", ",")), "-")', "a-b-c"),
    ('mvdedup(split("a,b,a", ","))', ["a", "b"]),
    ('mvzip(split("a,b", ","), split("1,2", ","), "=")', ["a=1", "b=2"]),
    ('mvzip(split("a,b,c", ","), split("1,2", ","))', ["a,1", "b,2"]),
    ('mvsort(split("9,10,b,B", ","))', ["10", "9", "B", "b"]),
    ('mvfind(split("err1,ok,ok1", ","), "^ok")', 1),
    ('mvfind(split("a,b", ","), "c")', None),
    ('mvcount("")', 1),
    ('split("a", ",")', "a"),
    ('typeof(a) . typeof(missing) . typeof(true()) . typeof("x")', "NumberInvalidBooleanString"),
    ('md5("a")', "0cc175b9c0f1b6a831c399e269772661"),
    ('substr(sha256("a"), 1, 8)', "ca978112"),
    ("now() - time()", 0),
    (f'strftime({NOW}.5, "%Y-%m-%dT%H:%M:%S.%3N %a %w")', "2027-01-15T08:00:00.500 Fri 5"),
    ('strptime("2027-01-15T08:00:00.250Z", "%Y-%m-%dT%H:%M:%S.%3NZ")', NOW + 0.25),
    ('strptime("soon", "%Y")', None),
    ('relative_time(now(), "@d") - now()', -8 * 3600),
]


@pytest.mark.parametrize(("expression", "expected"), EXPRESSIONS, ids=[pair[0] for pair in EXPRESSIONS])
def test_an_expression_has_its_documented_value(expression: str, expected: Any) -> None:
    assert value(expression) == expected


def test_mvfilter_keeps_the_values_for_which_the_condition_holds() -> None:
    rows = over("a x,y,xx", 'eval m=split("x,y,xx", ","), kept=mvfilter(match(m, "x"))')
    assert rows[0]["kept"] == ["x", "xx"]


def test_where_keeps_neither_false_nor_null() -> None:
    rows = "n,a 1,1 2,2 3,"
    assert column(over(rows, "where a!=1"), "n") == ["2"]
    assert column(over(rows, "where isnull(a) OR a=1"), "n") == ["1", "3"]


def test_later_assignments_see_earlier_ones_and_null_takes_a_field_away() -> None:
    assert over("a 1", "eval b=a+1, c=b*2, a=null()") == [{"b": 2, "c": 4}]


def test_dotted_names_need_single_quotes() -> None:
    assert over("a.b,c 1,2", "eval d='a.b'+c")[0]["d"] == 3


REFUSED = [
    ("a.b", "single quotes"),
    ("arr{}", "single quotes"),
    ("a=1", "boolean cannot be assigned"),
    ("if(NOT missing=1, 1, 2)", "NOT of null"),
    ("if(NOT (missing=1 AND a=1), 1, 2)", "NOT of null"),
    ("if(NOT (missing=1 OR a=2), 1, 2)", "NOT of null"),
    ("if(a, 1, 2)", "expected a condition"),
    ('if(split("a,b", ",")="a", 1, 2)', "multivalue"),
    ('lower(split("a,b", ","))', "multivalue"),
    ('"x" + 1', "two numbers or two texts"),
    ('"x" . a + 1', "parentheses"),
    ("if(a=1 and b=1, 1, 2)", "written AND"),
    ("if(a=1 XOR b=1, 1, 2)", "XOR"),
    ("len()", "arguments"),
    ("if(a=1, 1)", "3 arguments"),
    ("nonsense(a)", r"nonsense\(\) is not implemented"),
    ('strftime(1, "%c")', "%c is not implemented"),
    ('strptime("2027-01-15 08", "%Y-%m-%d")', "goes on"),
    ('match(a, "(")', "regular expression"),
    ('tostring(1000, "commas")', "arguments"),
    ("a b", "not implemented here"),
    ("1 +", "cannot go on"),
]


@pytest.mark.parametrize(("expression", "reason"), REFUSED, ids=[pair[0] for pair in REFUSED])
def test_what_is_not_implemented_or_not_documented_is_refused(expression: str, reason: str) -> None:
    with pytest.raises(SplError, match=reason):
        value(expression)


def test_an_error_names_its_position() -> None:
    with pytest.raises(SplError) as caught:
        over("a 1", "eval b=nonsense(a)")
    assert caught.value.position == len("| inputlookup rows | eval b=")
