"""Workbooks are whole: the form that Azure keeps, names that resolve, queries that Microsoft's binder accepts."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.content.execute import content
from tests.kql.binder import Bound, bind
from tests.packages.arm import of_type
from tests.packages.notebooks import WORKBOOKS, Item, items, notebook, parameters, queries
from tests.packages.solution import SENTINEL
from tests.packages.workbook_answers import PARAMETER, WORKBOOK_FUNCTIONS, filled
from tools.content.dashboards import SOURCES as DASHBOARDS
from tools.content.dashboards_source import load_dashboards
from tools.content.workbook_items import GROUP, PARAMETERS, QUERY, TEXT, UNIT
from tools.content.workbooks import SOURCES
from tools.content.workbooks_source import NUMBER, TIME, UnfitWorkbook, load_workbooks

WORKBOOK_SOURCES = load_workbooks(SOURCES)
CHOSEN = {"Who": "o'brien@example.com", "Person": "user_01", "Workspace": "default", "MaxAge": "30", "Limit": "500"}
"""Other values than the defaults; e-mail addresses can contain apostrophes."""


def texts(item: Item) -> Iterator[str]:
    """Every text of an item in which a parameter may stand."""
    yield from (str(item["content"].get(key, "")) for key in ("json", "query", "title"))
    yield from (parameter.get("query", "") for parameter in item["content"].get("parameters", []))


def used(item: Item) -> set[str]:
    """The parameters that an item reads."""
    named = {found[1] for text in texts(item) for found in PARAMETER.finditer(text)}
    return named | ({item["conditionalVisibility"]["parameterName"]} if "conditionalVisibility" in item else set())


@pytest.fixture(scope="module")
def bound() -> dict[str, Bound]:
    """Every query with the defaults, and with other values where it reads some."""
    tile_queries = {
        f"{name}/{tile}": filled(q["query"], name, {}) for name in WORKBOOKS for tile, q in queries(name).items()
    }
    chosen = {
        f"{name}/{search} chosen": filled(text, name, CHOSEN)
        for name, workbook in WORKBOOK_SOURCES.items()
        for search, text in {**workbook.searches, **{tile.id: tile.query for tile in workbook.tiles}}.items()
        if {found[1] for found in PARAMETER.finditer(text)} - {TIME} and not text.startswith("|")
    }
    offered = {
        f"{name}/{parameter['name']} offers": parameter["query"]
        for name in WORKBOOKS
        for parameter in parameters(name).values()
        if "query" in parameter
    }
    return bind(content(), tile_queries | chosen | offered, WORKBOOK_FUNCTIONS.values())


def test_there_is_a_workbook_for_every_dashboard_with_the_same_titles() -> None:
    dashboards = {
        f"Claude{name.removeprefix('claude_').capitalize()}": d for name, d in load_dashboards(DASHBOARDS).items()
    }
    assert set(WORKBOOKS) == set(WORKBOOK_SOURCES) == set(dashboards)
    for name, dashboard in dashboards.items():
        assert (WORKBOOK_SOURCES[name].title, WORKBOOK_SOURCES[name].question) == (dashboard.title, dashboard.question)
        titles = {tile.id: tile.title for tile in WORKBOOK_SOURCES[name].tiles}
        missing = {panel.id for panel in dashboard.panels if titles.get(panel.id) != panel.title}
        assert missing <= {"enabled"}, "whether a rule is on, no table of Sentinel says; `runs` says which ran"


@pytest.mark.parametrize("name", WORKBOOKS)
def test_a_workbook_has_the_azure_format(name: str) -> None:
    document = notebook(name)
    assert (document["version"], document["fromTemplateId"]) == ("Notebook/1.0", f"sentinel-{name}")
    assert document["$schema"].endswith("schema/workbook.json")
    assert {item["type"] for item in items(name)} <= {TEXT, PARAMETERS, QUERY, GROUP}
    names = [item["name"] for item in items(name)]
    assert len(names) == len(set(names))
    assert not re.search(r"/subscriptions/|/resourceGroups/|[0-9a-f]{32}", str(document)), "a concrete resource"
    for tile in queries(name).values():
        assert (tile["queryType"], tile["resourceType"]) == (0, "microsoft.operationalinsights/workspaces")
        assert tile["title"][-1] not in "?."
        assert not {"timeContext", "timeContextFromParameter"} & set(tile), "the query sets its time: EventTime"


@pytest.mark.parametrize("name", WORKBOOKS)
def test_every_parameter_is_declared_before_it_is_read_and_every_declared_one_is_read(name: str) -> None:
    declared: set[str] = set()
    read: set[str] = set()
    for item in items(name):
        declared |= {parameter["name"] for parameter in item["content"].get("parameters", [])}
        read |= used(item)
        assert read <= declared, item["name"]
    assert read == declared
    assert TIME in declared


@pytest.mark.parametrize("name", WORKBOOKS)
def test_a_click_sets_a_global_parameter_that_something_reads(name: str) -> None:
    clicked = [
        click["parameterName"] for tile in queries(name).values() for click in tile.get("exportedParameters", [])
    ]
    assert {parameter for parameter, entry in parameters(name).items() if entry.get("isGlobal")} == set(clicked)
    assert set(clicked) <= set(parameters(name)) - {TIME}


@pytest.mark.parametrize("name", WORKBOOKS)
def test_tiles_fill_their_row_and_only_what_needs_action_is_red(name: str) -> None:
    shown_ = {item["name"]: item for item in items(name) if item["type"] == QUERY}
    for row in WORKBOOK_SOURCES[name].rows:
        assert 96 <= sum(int(shown_[tile.id]["customWidth"]) for tile in row.tiles) <= 100
        for tile in row.tiles:
            reds = [red for red in (tile.red, *(column.red for column in tile.columns.values())) if red]
            calls = [*(red.words for red in reds)]
            bounds = {f"{bound:g}" for red in reds for bound in (red.at_least, red.below) if bound is not None}
            wanted = (
                bounds | {word for words in calls for word in words} | {n for n, c in tile.colors.items() if c == "red"}
            )
            assert set(red_ones(shown_[tile.id]["content"])) == wanted, tile.id


def red_ones(shown: Any) -> Iterator[str]:
    """The values and series that a tile shows in red."""
    if isinstance(shown, dict):
        if "redBright" in (shown.get("representation"), shown.get("color")):
            yield shown["thresholdValue"] if "thresholdValue" in shown else shown["seriesName"]
        shown = list(shown.values())
    if isinstance(shown, list):
        for value in shown:
            yield from red_ones(value)


def test_microsofts_binder_accepts_every_query(bound: dict[str, Bound]) -> None:
    assert len(bound) > 110
    assert {name: result.problems for name, result in bound.items() if result.problems} == {}


@pytest.mark.parametrize("name", WORKBOOKS)
def test_what_is_shown_formatted_or_clicked_is_a_column_of_the_result(name: str, bound: dict[str, Bound]) -> None:
    for tile, query in queries(name).items():
        assert shown(query) <= set(bound[f"{name}/{tile}"].columns), tile


def shown(query: dict[str, Any]) -> set[str]:
    """The columns that a tile names."""
    if query["visualization"] == "tiles":
        return {NUMBER, UNIT}
    formatted = {entry["columnMatch"] for entry in query.get("gridSettings", {}).get("formatters", [])}
    return formatted | {click["fieldName"] for click in query.get("exportedParameters", [])}


def test_charts_have_a_time_or_name_column_and_numbers(bound: dict[str, Bound]) -> None:
    for name in WORKBOOKS:
        for tile, query in queries(name).items():
            kinds = [*bound[f"{name}/{tile}"].columns.values()]
            if query["visualization"] in ("barchart", "timechart", "areachart"):
                assert kinds[0] == "datetime"
                assert set(kinds[1:]) <= {"string", "long", "real"}
            elif query["visualization"] == "categoricalbar":
                assert kinds[0] == "string"
                assert kinds[-1] == "long"


def test_the_deployment_holds_every_workbook_as_shipped() -> None:
    resources = {resource["name"]: resource for resource in of_type("workbooks")}
    assert len(resources) == len(WORKBOOKS)
    for name in WORKBOOKS:
        (resource,) = (one for expression, one in resources.items() if f"'{name}'" in expression)
        assert yaml.safe_load(resource["properties"]["serializedData"]) == notebook(name)
        assert resource["properties"]["category"] == "sentinel"
        assert resource["properties"]["displayName"] == f"Claude - {WORKBOOK_SOURCES[name].title}"
        assert resource["kind"] == "shared"


def test_the_documentation_lists_every_workbook_with_its_question() -> None:
    page = (SENTINEL.parent / "docs" / "sentinel.md").read_text()
    assert [name for name, one in WORKBOOK_SOURCES.items() if f"| {one.title} | {one.question} |" not in page] == []


def test_the_functions_that_workbooks_read_are_deployed() -> None:
    aliases = {saved["properties"].get("functionAlias") for saved in of_type("savedSearches")}
    assert set(WORKBOOK_FUNCTIONS) <= aliases


def source(**changes: Any) -> dict[str, Any]:
    """A small workbook as YAML holds it."""
    tile = {
        "id": "a",
        "title": "People",
        "query": "print Answer = 1",
        "show": "number",
        "unit": "things",
        "width": 12,
    }
    text = {"title": "T", "question": "Why?", "about": "A.", "days": 7, "closer": False}
    return {**text, "rows": [{"tiles": [{**tile, **changes}]}]}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"width": 11}, "take 11 of 12 columns"),
        ({"title": "How many?"}, "'How many?' is not a title"),
        ({"of": "nothing"}, "['nothing'] are used but not defined"),
        ({"unit": ""}, "a: a number needs a unit"),
        ({"columns": {"x": {"precision": 1}}}, "['columns'] are not allowed for a number"),
        ({"show": "table", "click": {"Who": "x"}}, "clicks set ['Who'], which are not parameters"),
        ({"colour": "blue"}, "Extra inputs are not permitted"),
    ],
)
def test_an_invalid_source_is_rejected_with_its_error(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    (tmp_path / "1-a.yaml").write_text(yaml.safe_dump(source(**changes)))
    with pytest.raises(UnfitWorkbook, match=re.escape(message)) as error:
        load_workbooks(tmp_path)
    assert "1-a.yaml: " in str(error.value)
