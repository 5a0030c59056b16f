"""What is not implemented is refused by its name: commands, functions and options of Splunk that README.md leaves out.

Sources: Search Reference, *Command quick reference*, *Evaluation functions*, *Statistical and charting functions*, and
the page of each command for its options.
"""

import pytest

from tests.spl import SplError, Splunk
from tests.spl.aggregates import AGGREGATES
from tests.spl.commands import GRAMMAR
from tests.spl.functions import FORMS, FUNCTIONS
from tests.spl.functions_time import time_functions
from tests.spl.world import NOW, over

USERS = "user,n a,1 b,2 a,3 ,4"
COMMANDS = """
    abstract accum addcoltotals addinfo addtotals analyzefields anomalies anomalousvalue anomalydetection append
    appendcols appendpipe arules associate autoregress bin bucket bucketdir chart cluster cofilter collect concurrency
    contingency convert correlate ctable datamodel dbinspect dedup delete delta diff erex eval eventcount eventstats
    extract fieldformat fields fieldsummary filldown fillnull findtypes folderize foreach format from fromjson gauge
    gentimes geom geomfilter geostats head highlight history iconify inputcsv inputlookup iplocation join kmeans kv
    kvform loadjob localize localop lookup makecontinuous makejson makemv makeresults map mcollect metadata metasearch
    meventcollect mpreview mstats multikv multisearch mvcombine mvexpand nomv outlier outputcsv outputlookup outputtext
    overlap pivot predict rangemap rare redistribute regex reltime rename replace require rest return reverse rex
    rtorder run savedsearch script scrub search searchtxn selfjoin sendalert sendemail set setfields sichart sirare
    sistats sitimechart sitop sort spath stats strcat streamstats table tags tail timechart timewrap tojson top
    transaction transpose trendline tscollect tstats typeahead typelearner typer union uniq untable walklex where x11
    xmlkv xmlunescape xpath xyseries
"""
EVALUATION = """
    abs acos acosh asin asinh atan atan2 atanh avg bit_and bit_not bit_or bit_shift_left bit_shift_right bit_xor case
    ceil ceiling cidrmatch coalesce commands cos cosh exact exp false floor hypot if in ipmask isarray isbool isdouble
    isint ismv isnotnull isnull isnum isobject isstr json json_append json_array json_array_to_mv json_delete
    json_entries json_extend json_extract json_extract_exact json_has_key_exact json_keys json_object json_set
    json_set_exact json_valid len like ln log lookup lower ltrim match max md5 min mv_to_json_array mvappend mvcount
    mvdedup mvfilter mvfind mvindex mvjoin mvmap mvrange mvsort mvzip now null nullif pi pow printf random relative_time
    replace round rtrim searchmatch sha1 sha256 sha512 sigfig sin sinh spath split sqrt strftime strptime substr sum tan
    tanh time toarray tobool todouble toint tomv tonumber toobject tostring trim true typeof upper urldecode validate
"""
STATISTICAL = """
    avg count dc earliest earliest_time estdc estdc_error exactperc95 first last latest latest_time list max median min
    mode per_day per_hour per_minute per_second range rate rate_avg rate_sum sparkline stdev stdevp sum sumsq
    upperperc95 values var varp
"""
OPTIONS = {
    "addtotals {} n": "row col labelfield label",
    "append {} [| makeresults]": "extendtimerange maxtime maxout timeout",
    "appendcols {} [| makeresults]": "maxtime maxout timeout",
    "bin {} n span=1": "bins minspan start end aligntime",
    "chart {} count over user": "cont format sep agg",
    "chart count over user by n {}": "bins span start end aligntime nullstr otherstr",
    "dedup user {}": "keepevents consecutive",
    "eventstats {} count": "allnum",
    "fillnull {} n": "values",
    "head {}": "limit null keeplast",
    "inputlookup append=t {} rows": "strict start max",
    "lookup {} rows user": "local update event_time_field",
    "mvexpand n {}": "limit",
    "outputlookup {} rows": "create_empty max key_field allow_updates createinapp create_context output_format",
    'rex {} "(?<x>.)"': "max_match offset_field mode",
    "sort {} n": "limit",
    "stats {} count": "allnum delim partitions dedup_splitvals",
    "streamstats {} count": "reset_on_change reset_before reset_after allnum",
    "timechart {} span=1h count": "sep format partial cont agg bins minspan aligntime fixedrange",
    "timechart span=1h count by user {}": "bins span nullstr otherstr dedup_splitvals limit",
    "transpose {}": "include_empty",
    "xyseries {} user n n": "grouped sep format",
}


def test_every_other_command_of_splunk_is_refused_by_name() -> None:
    assert set(GRAMMAR) < set(COMMANDS.split())
    for name in set(COMMANDS.split()) - set(GRAMMAR):
        with pytest.raises(SplError, match=f"command `{name}` is not implemented"):
            over(USERS, f"{name} user")
        with pytest.raises(SplError, match=f"cannot start with the command `{name}`"):
            Splunk(now=NOW).search(f"| {name} user")


def test_every_other_evaluation_function_is_refused_by_name() -> None:
    implemented = {*FUNCTIONS, *FORMS, *time_functions(NOW)}
    assert implemented < set(EVALUATION.split())
    for name in set(EVALUATION.split()) - implemented:
        with pytest.raises(SplError, match=rf"function {name}\(\) is not implemented"):
            over(USERS, f"eval x={name}(n)")


def test_every_other_statistical_function_is_refused_by_name() -> None:
    assert set(AGGREGATES) < set(STATISTICAL.split())
    for name in set(STATISTICAL.split()) - set(AGGREGATES):
        for command in ("stats", "eventstats", "streamstats", "timechart span=1h", "chart"):
            with pytest.raises(SplError, match=rf"statistical function {name}\(\) is not implemented"):
                over(USERS, f"{command} {name}(n)")


@pytest.mark.parametrize("command", OPTIONS)
def test_every_other_option_of_a_command_is_refused_by_name(command: str) -> None:
    for name in OPTIONS[command].split():
        with pytest.raises(SplError, match=f"(option |`){name}`? is not implemented here"):
            over(USERS, command.format(f"{name}=1"))


REFUSED = [
    ("statss count", "command `statss` is not implemented"),
    ("eval", "expected a field to assign to"),
    ("dedup 0 user", "a number above 0"),
    ("dedup user sortby n", "sortby is not implemented"),
    ("streamstats window=5 time_window=1h count", "not with time_window"),
    ("streamstats window=10001 count", "window at most 10000"),
    ("stats sum(*) as x", r"sum\(\*\) is not implemented"),
    ("stats count by us*", "wildcard us"),
    ("stats count(eval(n>1))", "needs AS"),
    ("stats sum", "sum needs a field"),
    ("stats count count", "a name of its own"),
    ("bin n", "bin without span"),
    ('rex "no group"', "names no group"),
    ("spath", "spath without a path"),
    ("spath path=a{0}.b", r"the path a\{0\}.b"),
    ("lookup nothing user", "lookup nothing is not defined"),
    ("lookup rows nocolumn", "no column nocolumn"),
    ("sort ip(n)", r"ip\(\) is not implemented"),
    ("sort n desc", "`desc` is not implemented"),
    ("rename a* AS b", "number of wildcards"),
    ("fields -n", "write `- n`"),
    ("search tag=x", "searching by tag"),
    ("search TERM(x)", r"TERM\(\) is not implemented"),
    ("search a=1 or b=2", "`or` is an operator only in capitals"),
    ("search earliest=-1h", "joined by AND at the start"),
    ("search user='a'", "`'` cannot stand here"),
    ("search u*er=a", "wildcards in the field name"),
    ("appendcols", r"expected `\[`"),
    ("append [inputlookup rows]", "starts with search or a pipe"),
    ("makeresults", "must be the first command"),
    ("tstats count", "must be the first command"),
    ("inputlookup rows", "or later with append=t"),
    ("table", "expected a field"),
    ("where n=1 |", "command `` is not implemented"),
    ("where (n=1", r"expected `\)`"),
]


@pytest.mark.parametrize(("command", "reason"), REFUSED, ids=[pair[0] for pair in REFUSED])
def test_invalid_and_unimplemented_searches_are_rejected(command: str, reason: str) -> None:
    with pytest.raises(SplError, match=reason):
        over(USERS, command)


@pytest.mark.parametrize(
    ("search", "reason"),
    [
        ("index=$index$", r"the token \$index\$ is not filled in"),
        ("| tstats count from datamodel=Change", "`from` is not implemented"),
        ("| tstats count where index=main n>1", "tstats: > is not implemented"),
        ("| tstats count where index=main word", "takes indexed fields only"),
        ("[x", "starts with search or a pipe"),
        ("index=main )", r"`\)` is not implemented here"),
    ],
)
def test_a_search_with_an_invalid_start_is_rejected(search: str, reason: str) -> None:
    with pytest.raises(SplError, match=reason):
        Splunk(now=NOW).search(search)
