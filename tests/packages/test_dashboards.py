"""Dashboards are whole: names resolve, panels fill the page without covering each other, colours mean something."""

import json
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

from tests.packages.conf_files import DEFAULT, read_conf
from tests.packages.dashboard_searches import TOKEN, defaults
from tests.packages.spl_names import lookups_of, read_from_events
from tests.spl import from_conf
from tests.spl.macros import expand
from tools.content.dashboards import SOURCES, WIDTH, definition, view
from tools.content.dashboards_panels import APP, RED
from tools.content.dashboards_source import Dashboard, UnfitDashboard, load_dashboards

DASHBOARDS = load_dashboards(SOURCES)
MACROS = from_conf(read_conf("macros"))
SPLUNKS_OWN = {"search", "reports", "alerts", "dashboards"}


def parsed(name: str) -> ElementTree.Element:
    """A file of the app's user interface."""
    return ElementTree.fromstring((DEFAULT / "data/ui" / name).read_text())  # noqa: S314 (our own file)


def shipped(name: str) -> dict[str, Any]:
    """The definition inside the view that the app ships."""
    root = parsed(f"views/{name}.xml")
    assert (root.tag, root.get("version")) == ("dashboard", "2")
    view_definition: dict[str, Any] = json.loads(root.findtext("definition") or "")
    return view_definition


def whole_searches(view_definition: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Every data source with its whole search: a chain stands behind what it extends."""
    sources = view_definition["dataSources"]
    for name, source in sources.items():
        options = source["options"]
        base = sources[options["extend"]]["options"]["query"] + "\n" if source["type"] == "ds.chain" else ""
        yield name, base + options["query"]


def test_the_navigation_leads_to_every_dashboard_and_nowhere_else() -> None:
    root = parsed("nav/default.xml")
    views = [view.get("name") for view in root]
    assert set(views) - SPLUNKS_OWN == set(DASHBOARDS)
    assert [view.get("name") for view in root if view.get("default") == "true"] == ["claude_overview"]


@pytest.mark.parametrize("name", DASHBOARDS)
def test_the_shipped_view_holds_the_definition(name: str) -> None:
    assert shipped(name) == definition(DASHBOARDS[name])


@pytest.mark.parametrize("name", DASHBOARDS)
def test_panels_fill_the_page_and_cover_each_other_nowhere(name: str) -> None:
    view_definition = shipped(name)
    blocks = [item["position"] for item in view_definition["layout"]["structure"]]
    assert {item["item"] for item in view_definition["layout"]["structure"]} == set(view_definition["visualizations"])
    for one in blocks:
        beside = [b for b in blocks if b["y"] < one["y"] + one["h"] and one["y"] < b["y"] + b["h"]]
        assert sum(b["w"] for b in beside) == WIDTH
        spans = sorted((b["x"], b["x"] + b["w"]) for b in beside)
        assert all(end == start for (_, end), (start, _) in pairwise(spans))
    assert sum(b["h"] for b in blocks if b["x"] == 0) == max(b["y"] + b["h"] for b in blocks)


@pytest.mark.parametrize("name", DASHBOARDS)
def test_every_data_source_is_shown_shared_or_offered_and_every_reference_resolves(name: str) -> None:
    view_definition = shipped(name)
    sources, users = (
        view_definition["dataSources"],
        [*view_definition["visualizations"].values(), *view_definition["inputs"].values()],
    )
    used = {ref for user in users for ref in user.get("dataSources", {}).values()}
    extended = {s["options"]["extend"] for s in sources.values() if s["type"] == "ds.chain"}
    assert used | extended == set(sources)
    assert all(sources[base]["type"] == "ds.search" for base in extended)
    assert set(view_definition["layout"]["globalInputs"]) == set(view_definition["inputs"])


@pytest.mark.parametrize("name", DASHBOARDS)
def test_every_token_is_set_by_an_input_and_every_input_is_read(name: str) -> None:
    view_definition = shipped(name)
    read = {token for _, query in whole_searches(view_definition) for token, _ in TOKEN.findall(query)}
    assert read <= set(defaults(view_definition))
    chosen = {entry["options"]["token"] for entry in view_definition["inputs"].values()} - {"global_time"}
    assert chosen <= read


@pytest.mark.parametrize("name", DASHBOARDS)
def test_every_macro_and_lookup_of_a_search_is_there(name: str) -> None:
    transforms = read_conf("transforms")
    for source, query in whole_searches(shipped(name)):
        expanded = expand(TOKEN.sub("x", query), MACROS)
        assert "`" not in expanded.replace("```", ""), source
        for lookup, columns in lookups_of(expanded):
            header = (DEFAULT.parent / "lookups" / transforms[lookup]["filename"]).read_text().splitlines()[0]
            assert columns <= set(header.split(",")), source


@pytest.mark.parametrize("name", DASHBOARDS)
def test_no_search_reads_an_attribute_that_the_calculated_fields_replace(name: str) -> None:
    calculated = {key.removeprefix("EVAL-") for key in read_conf("props")["source::claude:*"]}
    for source, query in whole_searches(shipped(name)):
        assert read_from_events(expand(TOKEN.sub("x", query), MACROS)) & calculated == set(), source


def clicks(view_definition: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for panel in view_definition["visualizations"].values():
        yield from panel.get("eventHandlers", [])


@pytest.mark.parametrize("name", DASHBOARDS)
def test_every_click_leads_to_a_dashboard_that_reads_its_tokens_or_to_a_search_that_runs(name: str) -> None:
    view_definition = shipped(name)
    for handler in clicks(view_definition):
        options = handler["options"]
        if handler["type"] == "drilldown.linkToDashboard":
            assert options["app"] == APP
            taken = {token["token"] for token in options["tokens"]}
            assert taken <= set(defaults(shipped(options["dashboard"])))
        elif handler["type"] == "drilldown.linkToSearch":
            assert "`" not in expand(TOKEN.sub("x", options["query"]), MACROS)
        else:
            assert {token["token"] for token in options["tokens"]} <= set(defaults(view_definition))


@pytest.mark.parametrize("name", DASHBOARDS)
def test_red_is_only_for_what_needs_action(name: str) -> None:
    for dashboard_panel in DASHBOARDS[name].panels:
        text = json.dumps(shipped(name)["visualizations"][f"viz_{dashboard_panel.id}"])
        meant = dashboard_panel.red or any(column.red for column in dashboard_panel.columns.values())
        assert (RED in text) == bool(meant or "red" in dashboard_panel.colors.values()), dashboard_panel.id


def source(**changes: Any) -> dict[str, Any]:
    """A small dashboard as YAML holds it."""
    panel = {"id": "a", "title": "People", "search": "| makeresults", "show": "number", "width": 12}
    text = {"title": "T", "question": "Why?", "about": "A.", "earliest": "-1d"}
    return {**text, "rows": [{"height": 100, "panels": [{**panel, **changes}]}]}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"width": 11}, "take 11 of 12 columns"),
        ({"title": "How many?"}, "'How many?' is no title"),
        ({"of": "nothing"}, "['nothing'] are used but not defined"),
        ({"columns": {"x": {"precision": 1}}}, "['columns'] do not belong to a number"),
        ({"colour": "blue"}, "Extra inputs are not permitted"),
        ({"click": {}}, "click leads to one of"),
        ({"red": {"at_least": 1, "below": 2}}, "red takes one of"),
    ],
)
def test_a_source_that_fits_no_page_is_refused_and_the_fault_named(
    tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    (tmp_path / "1-a.yaml").write_text(yaml.safe_dump(source(**changes)))
    with pytest.raises(UnfitDashboard, match=re.escape(message)) as error:
        load_dashboards(tmp_path)
    assert "1-a.yaml: " in str(error.value)


def test_a_search_cannot_end_the_definition_early() -> None:
    with pytest.raises(ValueError, match="ends the definition"):
        view(Dashboard.model_validate(source(search="| makeresults | eval a=mvindex(b, c[d[1]]>2)")))
