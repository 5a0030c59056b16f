"""A rule's query over one test case's events: the statements in front of it; Microsoft's binder accepts the whole."""

import re

import pytest

from forwarder.azure.engine import count_query
from forwarder.azure.kql import LONGEST, QueryComposition
from forwarder.azure.solution import WorkspaceFunction
from forwarder.bundled import rule_folders
from forwarder.errors import Reject
from forwarder.records import STREAMS
from tests.azure.kql_shipped import functions, rules
from tests.azure.query_front import front
from tests.content.execute import content
from tests.kql.binder import bind
from tests.kql.reading import readings

NOW, SINCE = 1_776_254_400, 1_795_292_480.5
LABEL = "verify20261121T202109Zabc12300042"
THEN = "datetime(2026-04-15T12:00:00.000Z)"
WHERE = f"where TimeGenerated >= datetime(2026-11-21T20:21:20.500Z) and tostring(metadata.labels) has '{LABEL}'"


def composed(query: str, **functions_of_workspace: WorkspaceFunction) -> str:
    """The query in a workspace with these functions."""
    return QueryComposition(functions_of_workspace, NOW, SINCE).compose(query, LABEL)


def test_tables_and_functions_are_defined_in_front_each_after_what_it_calls() -> None:
    made = composed(
        "let a = 1d;\nOuter(a) | where t > ago(a) // Unused",
        Outer=WorkspaceFunction("since:timespan=14d", "Inner()\n| where x < now() // the end"),
        Inner=WorkspaceFunction("", "ClaudeUsage_CL | count"),
        Unused=WorkspaceFunction("", "ClaudeAgent_CL"),
    )
    assert made == (
        f"let ClaudeUsage_CL = table('ClaudeUsage_CL') | {WHERE};\n"
        "let Inner = () {\nClaudeUsage_CL | count\n};\n"
        f"let Outer = (since:timespan=14d) {{\nInner()\n| where x < {THEN} // the end\n}};\n"
        f"let a = 1d;\nOuter(a) | where t > ({THEN} - (a)) // Unused"
    )


def test_a_parameter_with_the_name_of_a_function_calls_nothing() -> None:
    made = composed(
        "F('a') | union G()",
        F=WorkspaceFunction("G:string", "ClaudeActivity_CL | where user == G"),
        G=WorkspaceFunction("", "F('b')"),
    )
    assert list(front(made).functions) == ["F", "G"]


def test_a_name_that_the_query_defines_is_no_function_of_the_workspace() -> None:
    query = "let F = 1; print F, kind = 'ClaudeUsage_CL'"
    assert composed(query, F=WorkspaceFunction("", "ClaudeUsage_CL")) == query


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("let ClaudeUsage_CL = T; ClaudeUsage_CL", "it defines ClaudeUsage_CL itself"),
        ("let F = 1; G()", "it defines F itself"),
        ("table('ClaudeUsage_CL') | union ClaudeUsage_CL", "it reads 'ClaudeUsage_CL' by another way"),
        ("union ClaudeUsage_CL, workspace('other').ClaudeUsage_CL", "it reads ClaudeUsage_CL by another way"),
        ("Round()", "function Round calls itself through Round, Trip"),
        ("print (1", "brackets do not match"),
        (f"print '{'x' * LONGEST}'", f"characters; the limit is {LONGEST}"),
    ],
)
def test_a_query_that_cannot_be_composed_is_refused_with_the_reason(query: str, words: str) -> None:
    functions_of_workspace = {
        "F": WorkspaceFunction("", "T"),
        "G": WorkspaceFunction("", "F()"),
        "Round": WorkspaceFunction("", "Trip()"),
        "Trip": WorkspaceFunction("", "Round()"),
    }
    with pytest.raises(Reject, match=words):
        composed(query, **functions_of_workspace)


@pytest.fixture(scope="module")
def every() -> dict[str, str]:
    return {identity: composed(query, **functions()) for identity, query in rules().items()}


def test_microsofts_binder_accepts_every_composed_rule_without_the_workspaces_functions(every: dict[str, str]) -> None:
    bare = {f"bare {identity}": query for identity, query in rules().items()}
    alone = bind(content()._replace(functions=[]), every | bare)
    among = bind(content(), rules())
    assert len(every) == len(rule_folders())
    assert {identity: alone[identity].problems for identity in every if alone[identity].problems} == {}
    assert {identity for identity in every if alone[identity].columns != among[identity].columns} == set()
    assert all(alone[name].problems for name in bare), "without what stands in front none is whole"


def test_microsofts_binder_accepts_the_count_query() -> None:
    (bound,) = bind(content(), {"count": count_query("verify20261121T202109Zabc123", SINCE, STREAMS)}).values()
    assert (bound.problems, bound.columns) == ([], {"label": "string", "events": "long"})


def test_every_table_is_read_through_its_view_and_no_relative_time_is_left(every: dict[str, str]) -> None:
    for made in every.values():
        read = front(made)
        assert read.views
        assert {(name, view.table, view.term) for name, view in read.views.items()} == {
            (name, name, LABEL) for name in read.views
        }
        named = {name for text in (read.rest, *(f.body for f in read.functions.values())) for name in _tables(text)}
        assert named == set(read.views)
    moved = readings(every, THEN)
    assert {identity for identity, made in every.items() if moved[identity].moved != made} == set()


def test_the_longest_is_far_from_the_limit(every: dict[str, str]) -> None:
    assert max(map(len, every.values())) < LONGEST / 5


def _tables(text: str) -> set[str]:
    return set(re.findall(r"\bClaude\w+_CL\b", re.sub("//.*", "", text)))
