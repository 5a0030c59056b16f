"""A panel as a visualization of Dashboard Studio.

Sources: Splunk, Dashboard Studio: *Visualization configuration options*, *Dynamic options syntax*, *Add interactions*.
"""

from typing import Any

from tools.content.dashboards_source import Click, Column, Panel, Red, UnfitDashboard

RED = "#C9252D"
NO_BREAK_SPACE = "\N{NO-BREAK SPACE}"
COLORS = {
    "activity": "#2F77BC",
    "usage": "#7B5BC4",
    "agent": "#0B8A7A",
    "content": "#B5701A",
    "forwarder": "#5E6A78",
    "plain": "#8A93A0",
    "good": "#3C8A4B",
    "red": RED,
}
"""Each has a contrast of at least 3 on white and on black."""
APP = "claude_siem"
TIME = "global_time"
_MANY = ("#2F77BC", "#7B5BC4", "#0B8A7A", "#B5701A", "#4FA3E0", "#A98BE0", "#56B8AA", "#C99A55", "#8A93A0")
"""For series with names from the data, such as models; none is red."""
PIXELS, MARGIN = 120, 30
"""Width of a page column, and of a table's frame."""
_TIME, _USER, _ID = 145, 200, 285
_WIDTHS = {
    **dict.fromkeys(
        ("Time", "Last", "Last used", "Last received", "Newest", "Since", "Until", "Started", "Seen"), _TIME
    ),
    **dict.fromkeys(("Who", "User", "Owner", "Contact"), _USER),
    **dict.fromkeys(("Key", "Id", "Workspace"), _ID),
    "Severity": 120,
    "Object": 310,
    "What": 230,
    "Detail": 140,
    "Client": 260,
    "Address": 130,
    "Addresses": 160,
    "Name": 130,
    "Models": 180,
    "Source": 200,
    "Type": 200,
    "Kind": 140,
    "Product": 120,
    "Setting": 210,
    "Enable first": 210,
}
"""Width in pixels by column name, so that ids and addresses fit into one line; others follow their heading."""
_KINDS = {"number": "singlevalue"}


def visualization(panel: Panel) -> dict[str, Any]:
    """The entry under `visualizations`."""
    options, context = _of_kind(panel)
    return {
        "type": f"splunk.{_KINDS.get(panel.show, panel.show)}",
        "title": panel.title,
        **({"description": panel.description} if panel.description else {}),
        "dataSources": {"primary": f"ds_{panel.id}"},
        "options": options,
        **({"context": context} if context else {}),
        **({"eventHandlers": [_handler(panel.click)]} if panel.click else {}),
    }


def _of_kind(panel: Panel) -> tuple[dict[str, Any], dict[str, Any]]:
    """Options and context."""
    if panel.show == "number":
        return _number(panel)
    if panel.show == "table":
        return _table(panel)
    return _chart(panel), {}


def _number(panel: Panel) -> tuple[dict[str, Any], dict[str, Any]]:
    options: dict[str, Any] = {
        "sparklineDisplay": "off",
        "trendDisplay": "off",
        "numberPrecision": panel.precision,
        "shouldUseThousandSeparators": True,
    }
    if panel.unit:
        gap = NO_BREAK_SPACE if panel.unit[0].isalpha() else ""
        options |= {"unit": gap + panel.unit, "unitPosition": "before" if panel.unit_before else "after"}
    if panel.red is None:
        return options, {}
    reds = [*_reds(panel.red), _plain(panel.red)]
    return options | {"majorColor": "> majorValue | rangeValue(reds)"}, {"reds": reds}


def _reds(red: Red) -> list[dict[str, Any]]:
    """Values that need action are red; others keep the theme's color."""
    if red.words:
        return [{"match": word, "value": RED} for word in red.words]
    end = {"from": red.at_least} if red.below is None else {"to": red.below}
    return [{"value": RED, **end}]


def _plain(red: Red) -> dict[str, Any]:
    """The rest of a single value's range. Without it, Splunk shows a grey that depends on whether it can be clicked."""
    end = {"to": red.at_least} if red.below is None else {"from": red.below}
    return {"value": "> themes.defaultFontColor", **end}


def _table(panel: Panel) -> tuple[dict[str, Any], dict[str, Any]]:
    formats: dict[str, Any] = {}
    context: dict[str, Any] = {}
    for number, name in enumerate(panel.shown_columns):
        formats[name] = _column(name, panel.columns.get(name, Column()), f"column{number}", context)
    if (taken := sum(entry["width"] for entry in formats.values())) > (room := panel.width * PIXELS - MARGIN):
        raise UnfitDashboard(f"{panel.id}: columns take {taken} of {room} pixels: {panel.shown_columns}")
    for entry in formats.values():
        entry["width"] = entry["width"] * room // taken
    options = {
        "count": panel.rows,
        "headerVisibility": "fixed",
        "showInternalFields": False,
        "columnFormat": formats,
    }
    return options, context


def _column(name: str, column: Column, key: str, context: dict[str, Any]) -> dict[str, Any]:
    series = f'> table | seriesByName("{name}")'
    entry: dict[str, Any] = {}
    if column.precision is not None:
        shown: dict[str, Any] = {"thousandSeparated": True, "precision": column.precision}
        context[f"{key}Format"] = {"number": shown | ({"unit": column.unit} if column.unit else {})}
        entry["data"] = f"{series} | formatByType({key}Format)"
    if column.red:
        context[f"{key}Reds"] = _reds(column.red)
        entry["rowColors"] = f"{series} | {'matchValue' if column.red.words else 'rangeValue'}({key}Reds)"
    return entry | {"width": column.width or _WIDTHS.get(name, _heading(name))}


def _heading(name: str) -> int:
    """The longest word, in bold, with the arrow for sorting."""
    return 45 + 9 * max(map(len, name.split()))


def _chart(panel: Panel) -> dict[str, Any]:
    options: dict[str, Any] = {
        "legendDisplay": "bottom" if len(panel.colors) != 1 else "off",
        "xAxisTitleVisibility": "hide",
        "yAxisTitleText": panel.unit,
        "seriesColorsByField": {name: COLORS[color] for name, color in panel.colors.items()},
        "seriesColors": [] if panel.colors else list(_MANY),
    }
    if panel.stacked:
        options["stackMode"] = "stacked"
    if panel.show == "line":
        options["nullValueDisplay"] = "gaps"
    return {key: value for key, value in options.items() if value not in ("", {}, [])}


def _handler(click: Click) -> dict[str, Any]:
    values = {token: f"row.{column}.value" for token, column in click.tokens.items()}
    if click.dashboard:
        kept = {f"{TIME}.{end}": f"${TIME}.{end}$" for end in ("earliest", "latest")}
        return {
            "type": "drilldown.linkToDashboard",
            "options": {
                "app": APP,
                "dashboard": click.dashboard,
                "tokens": [{"token": token, "value": value} for token, value in (kept | values).items()],
                "newTab": True,
            },
        }
    if click.search:
        times = {end: f"${TIME}.{end}$" for end in ("earliest", "latest")}
        return {
            "type": "drilldown.linkToSearch",
            "options": {"query": click.search.strip(), **times, "type": "custom", "newTab": True},
        }
    return {
        "type": "drilldown.setToken",
        "options": {"tokens": [{"token": token, "key": value} for token, value in values.items()]},
    }
