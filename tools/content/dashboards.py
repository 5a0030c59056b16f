"""Dashboards of the Splunk app: `default/data/ui/views/*.xml` and the navigation, from `splunk_app/dashboards/`.

Each is a definition of Dashboard Studio (version 2) in a grid, so panels cannot overlap.
Source: Splunk, Dashboard Studio: *What is a dashboard definition?*.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from tools.content.dashboards_panels import TIME, visualization
from tools.content.dashboards_source import COLUMNS, Dashboard, Input, load_dashboards
from tools.content.folder import Content

SOURCES = Path(__file__).parent.parent.parent / "splunk_app" / "dashboards"
UI = "splunk_app/claude_siem/default/data/ui"
WIDTH = 1440
"""Of the page, in the grid's own unit: it is stretched to the window."""
_DEFAULT = ' default="true"'
_CHOICE = '> primary | seriesByName("{column}") | renameSeries("{column}") | formatByType(plainly)'


def dashboard_files(content: Content) -> dict[str, str]:
    """Path from the project's root and text. Raises `UnfitDashboard`."""
    dashboards = load_dashboards(SOURCES)
    views = {f"{UI}/views/{name}.xml": view(dashboard) for name, dashboard in dashboards.items()}
    return {**views, f"{UI}/nav/default.xml": navigation(list(dashboards))}


def view(dashboard: Dashboard) -> str:
    """The view in Splunk's file format."""
    text = json.dumps(definition(dashboard), indent=2, ensure_ascii=False)
    if "]]>" in text:
        raise ValueError(f"{dashboard.title}: ]]> ends the definition too early")
    return (
        '<dashboard version="2" theme="light">\n'
        f"  <label>{escape(dashboard.title)}</label>\n"
        f"  <description>{escape(dashboard.question)}</description>\n"
        f"  <definition><![CDATA[\n{text}\n]]></definition>\n"
        "</dashboard>\n"
    )


def navigation(views: list[str]) -> str:
    """The app's menu: the dashboards in their order, the first as default, then Splunk's own pages."""
    own = "".join(f'  <view name="{name}"{_DEFAULT if name == views[0] else ""} />\n' for name in views)
    others = "".join(f'  <view name="{name}" />\n' for name in ("search", "reports", "alerts", "dashboards"))
    return f'<nav search_view="search">\n{own}{others}</nav>\n'


def definition(dashboard: Dashboard) -> dict[str, Any]:
    """The definition: what Dashboard Studio shows as source code."""
    inputs = {f"input_{token}": _input(token, input_) for token, input_ in dashboard.inputs.items()}
    return {
        "title": dashboard.title,
        "description": f"{dashboard.question} {' '.join(dashboard.about.split())}",
        "visualizations": {f"viz_{panel.id}": visualization(panel) for panel in dashboard.panels},
        "dataSources": data_sources(dashboard),
        "defaults": {"dataSources": {"ds.search": {"options": {"queryParameters": _times()}}}},
        "inputs": {f"input_{TIME}": _time_range(dashboard), **inputs},
        "layout": {
            "type": "grid",
            "options": {"width": WIDTH},
            "globalInputs": [f"input_{TIME}", *inputs],
            "structure": _structure(dashboard),
        },
    }


def data_sources(dashboard: Dashboard) -> dict[str, Any]:
    """Base searches, searches that continue them, standalone searches, and dropdown searches."""
    shared = {f"base_{name}": _search(f"base {name}", text) for name, text in dashboard.searches.items()}
    panels = {f"ds_{panel.id}": _search(panel.id, panel.search, panel.of) for panel in dashboard.panels}
    offered = {
        f"choices_{token}": _search(f"choices {token}", input_.choices.search)
        for token, input_ in dashboard.inputs.items()
        if input_.choices
    }
    return shared | panels | offered


def _search(name: str, query: str, base: str | None = None) -> dict[str, Any]:
    if base:
        return {"type": "ds.chain", "options": {"extend": f"base_{base}", "query": query.strip()}, "name": name}
    return {"type": "ds.search", "options": {"query": query.strip()}, "name": name}


def _times() -> Mapping[str, str]:
    return {end: f"${TIME}.{end}$" for end in ("earliest", "latest")}


def _time_range(dashboard: Dashboard) -> dict[str, Any]:
    options = {"token": TIME, "defaultValue": f"{dashboard.earliest},{dashboard.latest}"}
    return {"type": "input.timerange", "title": "Time", "options": options}


def _input(token: str, input_: Input) -> dict[str, Any]:
    options: dict[str, Any] = {"token": token, "defaultValue": input_.default}
    if not input_.choices:
        return {"type": "input.text", "title": input_.title, "options": options}
    fixed = "prepend(formattedStatics) | " if input_.choices.every else ""
    context: dict[str, Any] = {
        "plainly": {"number": {"prefix": ""}},
        **{column: _CHOICE.format(column=column) for column in ("label", "value")},
    }
    if input_.choices.every:
        context |= {"statics": [[input_.choices.every], ["*"]], "formattedStatics": "> statics | formatByType(plainly)"}
    return {
        "type": "input.dropdown",
        "title": input_.title,
        "options": options | {"items": f"> frame(label, value) | {fixed}objects()"},
        "dataSources": {"primary": f"choices_{token}"},
        "context": context,
    }


def _structure(dashboard: Dashboard) -> list[dict[str, Any]]:
    """Rows from top to bottom, panels from left to right. Every row is full, so panels cannot overlap."""
    blocks: list[dict[str, Any]] = []
    top = 0
    for row in dashboard.rows:
        left = 0
        for panel in row.panels:
            width = panel.width * WIDTH // COLUMNS
            position = {"x": left, "y": top, "w": width, "h": row.height}
            blocks.append({"item": f"viz_{panel.id}", "type": "block", "position": position})
            left += width
        top += row.height
    return blocks
