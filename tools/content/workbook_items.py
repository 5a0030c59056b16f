"""What a workbook consists of, as Azure Workbooks keep it: texts, parameters, queries and groups.

Numbers are those of the format itself. Sources: Azure Monitor, *Workbook parameters*, *Workbook visualizations*,
*Create interactive reports*, and the templates of the repository Application-Insights-Workbooks.
"""

import uuid
from collections.abc import Sequence
from typing import Any

from tools.content.dashboards_source import COLUMNS, Red
from tools.content.workbooks_source import NUMBER, TIME, Column, Parameter, Tile

Item = dict[str, Any]
LOGS = {"queryType": 0, "resourceType": "microsoft.operationalinsights/workspaces"}
TEXT, QUERY, PARAMETERS, GROUP = 1, 3, 9, 12
"""`type` of an item."""
_A_TEXT, _A_CHOICE, _A_TIME = 1, 2, 4
"""`type` of a parameter."""
_SIZES = {"medium": 0, "small": 1, "large": 2, "full": 3, "tiny": 4}
_CHARTS = {"column": "barchart", "line": "timechart", "area": "areachart", "bar": "categoricalbar"}
_BIG_NUMBER, _PLAIN, _WORDS, _THRESHOLDS = 12, 0, 1, 18
"""Renderers of a column."""
_COLORS = {
    "activity": "blue",
    "usage": "purple",
    "agent": "turquoise",
    "content": "orange",
    "forwarder": "gray",
    "plain": "lightBlue",
    "good": "green",
    "red": "redBright",
}
_HOUR_MS = 3_600_000
_SELECTABLE_HOURS = (1, 4, 12, 24, 48, 72, 168, 336, 720, 1440, 2160)
UNIT = "Unit"
"""The column that a number's unit is shown from."""


def text(name: str, words: str) -> Item:
    """Words as Markdown."""
    return {"type": TEXT, "content": {"json": words}, "name": name}


def parameters(workbook: str, days: int, declared: dict[str, Parameter], clicked: set[str]) -> Item:
    """The bar of parameters: the time, then the workbook's own; what a click sets holds for the whole page."""
    own = [_parameter(workbook, name, parameter, name in clicked) for name, parameter in declared.items()]
    content = {
        "version": "KqlParameterItem/1.0",
        "parameters": [_time(workbook, days), *own],
        "style": "pills",
        **LOGS,
    }
    return {"type": PARAMETERS, "content": content, "name": "parameters"}


def _time(workbook: str, days: int) -> Item:
    selectable = [{"durationMs": hours * _HOUR_MS} for hours in _SELECTABLE_HOURS]
    return {
        "id": _id(workbook, TIME),
        "version": "KqlParameterItem/1.0",
        "name": TIME,
        "label": "Time",
        "type": _A_TIME,
        "isRequired": True,
        "value": {"durationMs": days * 24 * _HOUR_MS},
        "typeSettings": {"selectableValues": selectable, "allowCustom": True},
    }


def _parameter(workbook: str, name: str, parameter: Parameter, clicked: bool) -> Item:
    entry = {
        "id": _id(workbook, name),
        "version": "KqlParameterItem/1.0",
        "name": name,
        "label": parameter.label,
        "type": _A_CHOICE if parameter.choices else _A_TEXT,
        "isRequired": True,
        **({"isGlobal": True} if clicked else {}),
        "value": parameter.default,
    }
    if parameter.choices:
        entry |= {"query": parameter.choices, "typeSettings": {"additionalResourceOptions": []}, **LOGS}
    return entry


def query(tile: Tile, kql: str) -> Item:
    """A tile. The query sets its time itself, so the item has no time of its own: that would judge TimeGenerated."""
    kind = {"number": _number, "table": _table}.get(tile.show, _chart)
    content = {
        "version": "KqlItem/1.0",
        "query": f"{kql}| extend {UNIT} = '{tile.unit}'\n" if tile.show == "number" else kql,
        "size": _SIZES[tile.size or {"number": "tiny", "table": "medium"}.get(tile.show, "small")],
        "title": tile.title,
        "noDataMessage": _no_data(tile),
        **LOGS,
        **kind(tile),
    }
    return {"type": QUERY, "content": content, "customWidth": str(tile.width * 100 // COLUMNS), "name": tile.id}


def _no_data(tile: Tile) -> str:
    return tile.empty[0].upper() + tile.empty[1:] if tile.empty else "No data in the time range"


def group(name: str, title: str, items: Sequence[Item], shown_unless: tuple[str, str]) -> Item:
    """Items that are shown unless a parameter has a value."""
    parameter, value = shown_unless
    return {
        "type": GROUP,
        "content": {"version": "NotebookGroup/1.0", "groupType": "editable", "title": title, "items": list(items)},
        "conditionalVisibility": {"parameterName": parameter, "comparison": "isNotEqualTo", "value": value},
        "name": name,
    }


def _number(tile: Tile) -> Item:
    left: Item = {"columnMatch": NUMBER, "formatter": _BIG_NUMBER, "formatOptions": {"palette": "none"}}
    if tile.red:
        left = {"columnMatch": NUMBER, "formatter": _THRESHOLDS, "formatOptions": _reds(tile.red)}
    left["numberFormat"] = _format(tile.precision)
    unit = {"columnMatch": UNIT, "formatter": _WORDS}
    return {"visualization": "tiles", "tileSettings": {"titleContent": unit, "leftContent": left, "showBorder": False}}


def _table(tile: Tile) -> Item:
    formatters = [_column(name, column) for name, column in tile.columns.items()]
    settings: Item = {"formatters": formatters, "rowLimit": tile.rows, "filter": True}
    clicks = [
        {"fieldName": column, "parameterName": parameter, "parameterType": _A_TEXT}
        for parameter, column in tile.click.items()
    ]
    return {
        "visualization": "table",
        "gridSettings": settings,
        "showExportToExcel": True,
        **({"exportedParameters": clicks} if clicks else {}),
    }


def _column(name: str, column: Column) -> Item:
    entry: Item = {"columnMatch": name, "formatter": _THRESHOLDS if column.red else _PLAIN}
    if column.red:
        entry["formatOptions"] = _reds(column.red)
    if column.precision is not None:
        entry["numberFormat"] = _format(column.precision)
    return entry


def _chart(tile: Tile) -> Item:
    labels = [{"seriesName": name, "color": _COLORS[color]} for name, color in tile.colors.items()]
    settings: Item = {"showLegend": True, "ySettings": {"label": tile.unit, "numberFormatSettings": _format(0)}}
    return {
        "visualization": _CHARTS[tile.show],
        "chartSettings": settings | ({"seriesLabelSettings": labels} if labels else {}),
    }


def _reds(red: Red) -> Item:
    """What calls for action is red; the rest has no colour of its own."""
    words = [_threshold("==", word, "redBright") for word in red.words]
    bounds = [
        _threshold(operator, f"{bound:g}", "redBright")
        for operator, bound in ((">=", red.at_least), ("<", red.below))
        if bound is not None
    ]
    return {"thresholdsOptions": "colors", "thresholdsGrid": [*words, *bounds, _threshold("Default", None, None)]}


def _threshold(operator: str, value: str | None, color: str | None) -> Item:
    return {"operator": operator, "thresholdValue": value, "representation": color, "text": "{0}{1}"}


def _format(precision: int) -> Item:
    return {"unit": 0, "options": {"style": "decimal", "useGrouping": True, "maximumFractionDigits": precision}}


def _id(workbook: str, name: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"claude-siem/workbooks/{workbook}/{name}"))
