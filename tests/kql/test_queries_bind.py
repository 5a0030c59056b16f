"""Every query and function is KQL that Microsoft's binder accepts against the tables that we make."""

import re
from pathlib import Path

import pytest

from forwarder.sinks.sentinel import TABLES
from tests.kql.binder import Bound, bind
from tools.content.folder import Content, read
from tools.content.workbook_functions import workbook_functions

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def content() -> Content:
    return read(ROOT / "detections")


@pytest.fixture(scope="module")
def queries(content: Content) -> dict[str, Bound]:
    return bind(content, {detection.folder: detection.kql for detection in content.detections})


def test_every_query_binds_without_error_or_warning(queries: dict[str, Bound]) -> None:
    assert queries
    assert {name: bound.problems for name, bound in queries.items() if bound.problems} == {}


def test_every_function_binds_without_error_or_warning(content: Content) -> None:
    given = {"since": "14d", "fresh": "75m", "rule_name": "'keys/a'"}
    bodies = {f.name: re.sub(rf"\b({'|'.join(given)})\b", lambda m: given[m[1]], f.body) for f in content.functions}
    between = {"since": "ago(1d)", "until": "now()"}
    bodies |= {
        f.name: re.sub(r"\b(since|until)\b", lambda m: between[m[1]], f.body) for f in workbook_functions(content)
    }
    answers = bind(content, bodies)
    assert len(answers) == 16
    assert {name: bound.problems for name, bound in answers.items() if bound.problems} == {}


def test_the_functions_of_the_streams_give_the_same_columns(content: Content) -> None:
    answers = bind(content, {table: f"{table.removesuffix('_CL')}(1d)" for table in TABLES.values()})
    assert len({tuple(bound.columns.items()) for bound in answers.values()}) == 1


def test_entities_message_and_suppression_name_columns_of_the_result(
    content: Content, queries: dict[str, Bound]
) -> None:
    for detection in content.detections:
        rule = detection.rule
        named = {entity.column for entity in rule.entities} | set(rule.suppress.by) | set(rule.message_columns)
        assert named | {rule.risk_object} <= set(queries[detection.folder].columns), detection.folder


def test_every_parameter_is_a_let_line_at_the_top_of_the_query(content: Content) -> None:
    for detection in content.detections:
        top = detection.kql.split("\n")[: len(detection.rule.parameters)]
        named = {line.removeprefix("let ").split(" = ")[0] for line in top}
        assert named == set(detection.rule.parameters), detection.folder


WRONG = {
    "ClaudeActivity(1d) | where uzer == 'a'": "uzer",
    "ClaudeActivity(1d) | where user > event_time": "KS106",
    "ClaudeActivities(1d) | count": "ClaudeActivities",
    "ClaudeActivity_CL | where ActorNames == 'a'": "ActorNames",
    "_GetWatchlist('ClaudeCalendar') | where owner == 'a'": "owner",
    "_GetWatchlist('Unknown') | count": "Watchlist_Unknown",
}


def test_a_wrong_name_or_type_is_found(content: Content) -> None:
    answers = bind(content, {query: query for query in WRONG})
    assert {query: bound.problems for query, bound in answers.items() if WRONG[query] not in str(bound.problems)} == {}


def test_a_mutated_column_of_a_rule_is_found(content: Content) -> None:
    mutated = {d.folder: d.kql.replace("event_time", "event_tyme", 1) for d in content.detections}
    assert all(bound.problems for bound in bind(content, mutated).values())
