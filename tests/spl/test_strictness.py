"""Whatever is written, a search either runs or says what is wrong with it: no other error, and no endless loop."""

import contextlib

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.spl import Lookup, SplError, Splunk
from tests.spl.functions import FORMS, FUNCTIONS
from tests.spl.functions_time import time_functions
from tests.spl.world import NOW, envelope

_SPLUNK = Splunk(
    [envelope(NOW - n, {"a": {"b": n}, "r": [n, "x"]}, user="ann", size=n) for n in range(3)],
    now=NOW,
    lookups={"rows": Lookup.from_csv("user,size\nann,1\n")},
)
_WORDS = """
    user size rows a.b r{} _time 'a.b' 'r{}' "x*" 1 -1 0.5 -5m@m 1h * $t$ | [ ] ( ) , = == != < >= + - . / % { ! @ ` " '
    AND OR NOT IN LIKE by as OUTPUT where count sum eval span= window=2 current=f time_window=1s field= path= null()
"""
_PIECES = _WORDS.split()
_COMMANDS = """
    search user = ann OR ( size > 1 NOT a.b IN ( 1 , 2 ) ) "x" [ search index=main | fields user ]
    where size > 1 AND NOT ( user = "ann" OR 'a.b' % 2 = 1 )
    eval x = if ( size > 1 , user . "x" , mvindex ( 'r{}' , 0 ) ) , y = x . 1
    bin span=1h _time as hour
    stats count sum(size) as s count(eval( size > 1 )) as n by user _time
    eventstats avg( size ) as m by user
    streamstats current=f window=2 global=f max( size ) as m by user
    streamstats time_window=90s dc( r{} ) by user
    dedup 2 user keepempty=true
    sort 0 -size , +user
    fields - a* | table user size
    rename a.* as * , user as who
    fillnull value=0 user
    mvexpand r{}
    lookup rows user as user OUTPUTNEW size as s
    inputlookup append=t rows where size > 0
    append [ | makeresults count=2 ]
    appendcols override=t [ | makeresults ]
    timechart span=1h limit=2 sum( size ) as s by user useother=f
    chart limit=1 count over user by sourcetype usenull=f
    stats count by user host | xyseries user host count
    table user size | transpose 2 column_name=c header_field=size
    addtotals fieldname=t size | table size t | outputlookup append=t new.csv
    rex field=user "(?<x>.)"
    spath input=_raw path=a output=o
    head 2 | tail 1 | reverse
""".strip().splitlines()
_FUNCTION_NAMES = sorted(FUNCTIONS | FORMS | time_functions(NOW))
_ARGUMENTS = ["user", "size", "'r{}'", "nil", "-1", '"%Y"', "2.5", '""', "'a.b'=1", '"("']


@st.composite
def _damaged(draw: st.DrawFn) -> str:
    """A good command with up to three of its pieces replaced, doubled or left out."""
    pieces = draw(st.sampled_from(_COMMANDS)).split()
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.integers(0, len(pieces) - 1))
        pieces[place : place + draw(st.integers(0, 1))] = [draw(st.sampled_from([*_PIECES, ""]))]
    return " ".join(pieces)


def test_the_commands_before_they_are_damaged_run() -> None:
    for command in _COMMANDS:
        assert isinstance(_SPLUNK.search(f"index=main | {command}"), list)


@settings(max_examples=1500, deadline=None, derandomize=True)
@given(_damaged())
def test_a_damaged_search_runs_or_is_refused(command: str) -> None:
    with contextlib.suppress(SplError):
        _SPLUNK.search(f"index=main | {command}")


@settings(max_examples=1500, deadline=None, derandomize=True)
@given(st.sampled_from(_FUNCTION_NAMES), st.lists(st.sampled_from(_ARGUMENTS), max_size=4).map(", ".join))
def test_a_function_of_any_arguments_runs_or_is_refused(name: str, arguments: str) -> None:
    with contextlib.suppress(SplError):
        _SPLUNK.search(f"index=main | eval x={name}({arguments})")
